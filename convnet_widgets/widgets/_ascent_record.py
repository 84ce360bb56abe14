"""The course of a gradient ascent as the traits that hold it in the browser."""

from collections import deque
from statistics import median
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

_MOST_POINTS = 128  # of a curve: more than a plot of 300 pixels shows
_RECENT = 9  # steps whose durations tell of the next


class AscentRecord:
    """The objective of every picture after each step, and when each step was done."""

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._objectives: list[np.ndarray] = []
        self._paces: deque[float] = deque(maxlen=_RECENT)
        self._last: tuple[int, float] | None = None

    def add(self, step: int, objective: ArrayLike, now: float) -> None:
        """Record a step.

        Parameters
        ----------
        step : int
            Its number; larger than those before.
        objective : array of float, shape (pictures,)
            NaN where a picture is not worked on.
        now : float
            Seconds on any clock.

        Raises
        ------
        ValueError
            If the step is not after the last, or the objective is not one number for each of
            the pictures.
        """
        values = np.asarray(objective, np.float32)
        shape = self._objectives[0].shape if self._objectives else (values.size,)
        if values.shape != shape or not values.size:
            raise ValueError(f"expected an objective of shape {shape}; got {values.shape}")
        if self._steps and step <= self._steps[-1]:
            raise ValueError(f"expected a step after {self._steps[-1]}; got {step}")
        if self._last:
            self._paces.append((now - self._last[1]) / (step - self._last[0]))
        self._last = (step, now)
        self._steps.append(step)
        self._objectives.append(values)

    @property
    def last_step(self) -> int:
        """Number of the last step; 0 before there is one."""
        return self._steps[-1] if self._steps else 0

    def pause(self) -> None:
        """Leave out of the pace what passes until the next step."""
        self._last = None

    def seconds_left(self, steps: int) -> float | None:
        """Seconds until `steps` are done; None as long as there is no pace."""
        if not self._paces:
            return None
        # a compilation in the first step, or a pause, hardly moves a median
        return median(self._paces) * max(0, steps - self.last_step)

    def traits(self) -> dict[str, Any]:
        """``_curve_steps``, int32, and ``_curves``, float32 (points, 1 + pictures): the mean first.

        Of more than 128 steps as many are taken, evenly, the first and the last among them.
        """
        if not self._steps:
            return {"_curve_steps": b"", "_curves": b""}
        last = len(self._steps) - 1
        taken = np.unique(np.linspace(0, last, min(last + 1, _MOST_POINTS)).round().astype(int))
        steps = np.array(self._steps, "<i4")[taken]
        curves = _with_mean(np.stack([self._objectives[place] for place in taken]))
        return {"_curve_steps": steps.tobytes(), "_curves": curves.astype("<f4").tobytes()}


def _with_mean(
    objectives: Float[np.ndarray, "points pictures"],
) -> Float[np.ndarray, "points pictures+1"]:
    known = np.isfinite(objectives)
    count = known.sum(1)
    total = objectives.sum(1, np.float64, where=known)
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return np.column_stack([mean, objectives])
