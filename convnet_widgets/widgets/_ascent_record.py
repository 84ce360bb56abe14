"""The course of a gradient ascent as the traits that hold it in the browser."""

from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

_MOST_POINTS = 128  # of a curve: more than a plot of 300 pixels shows


class AscentRecord:
    """The objective of every picture after each step."""

    def __init__(self) -> None:
        self._rows: dict[int, np.ndarray] = {}

    def add(self, step: int, objective: ArrayLike) -> None:
        """Record a step, or more of one that is recorded.

        Parameters
        ----------
        step : int
            Its number.
        objective : array of float, shape (pictures,)
            NaN where a picture is not worked on: what is known of it stays.

        Raises
        ------
        ValueError
            If the objective is not one number for each of the pictures.
        """
        values = np.asarray(objective, np.float32)
        shape = next(iter(self._rows.values())).shape if self._rows else (values.size,)
        if values.shape != shape or not values.size:
            raise ValueError(f"expected an objective of shape {shape}; got {values.shape}")
        known = self._rows.get(step, values)
        self._rows[step] = np.where(np.isnan(values), known, values)

    @property
    def last_step(self) -> int:
        """Number of the last step; 0 before there is one."""
        return max(self._rows, default=0)

    def traits(self) -> dict[str, Any]:
        """``_curve_steps``, int32, and ``_curves``, float32 (points, 1 + pictures): the mean first.

        Of more than 128 steps as many are taken, evenly, the first and the last among them.
        """
        if not self._rows:
            return {"_curve_steps": b"", "_curves": b""}
        recorded = sorted(self._rows)
        last = len(recorded) - 1
        taken = np.unique(np.linspace(0, last, min(last + 1, _MOST_POINTS)).round().astype(int))
        steps = np.array(recorded, "<i4")[taken]
        curves = _with_mean(np.stack([self._rows[step] for step in steps.tolist()]))
        return {"_curve_steps": steps.tobytes(), "_curves": curves.astype("<f4").tobytes()}


def _with_mean(
    objectives: Float[np.ndarray, "points pictures"],
) -> Float[np.ndarray, "points pictures+1"]:
    held = objectives.copy()  # a picture that is finished earlier keeps what it has reached
    for before, after in pairwise(held):
        np.copyto(after, before, where=np.isnan(after))
    known = np.isfinite(held)
    count = known.sum(1)
    total = held.sum(1, np.float64, where=known)
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return np.column_stack([mean, objectives])
