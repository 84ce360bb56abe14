"""Heatmaps: what a class activation map shows, of which layer, and for what."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from ..framing import Frame, resampled

_FLAT = 1e-6  # of a map's largest magnitude; float32 keeps seven digits


@dataclass(frozen=True)
class Target:
    """What a map explains.

    Attributes
    ----------
    label : str
        Its name: that of the class, ``"dog rather than cat"`` of a contrast.
    index : int or None
        Of the class; None where it is not one class.
    score : float
        The number that was explained: the logit, also where the network ends in a softmax.
    probability : float or None
        Of the class; None where the network returns none, and of what is no class, as a contrast.
    """

    label: str
    index: int | None
    score: float
    probability: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Heatmap:
    """Where in one image a network found what speaks for a target.

    Attributes
    ----------
    values : ndarray of float32, shape (h, w)
        In [0, 1] at the layer's resolution: `raw` without what is negative, divided by its
        maximum. (steps,) for 1-D convolutions, (depth, h, w) for 3-D ones.
    raw : ndarray of float32, same shape
        As the method computed it, negative where a place speaks against the target.
    layer : str
        Path of the layer.
    target : Target
        What is explained.
    method : str
        Name of the method.
    reason : str
        Why all values are 0; empty where they are not.
    frame : Frame or None
        Where in the photograph the network looked; None where it was given no 2-D image.
    input : int
        Over which of the network's inputs it lies.
    """

    values: Float32[np.ndarray, "*space"]
    raw: Float32[np.ndarray, "*space"]
    layer: str
    target: Target
    method: str
    reason: str = ""
    frame: Frame | None = None
    input: int = 0

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        # NumPy before 2 knows no copy=None
        return self.values.astype(dtype or self.values.dtype, copy=bool(copy))

    def __repr__(self) -> str:
        size = " × ".join(map(str, self.values.shape))
        parts = [
            f"{size} of {self.layer or 'the input'}",
            self.target.label,
            self.method,
            self.reason,
        ]
        return f"Heatmap({' · '.join(part for part in parts if part)})"

    def resized(self, size: tuple[int, ...] | None = None) -> Float32[np.ndarray, "*place"]:
        """Lay the map on the photograph.

        Parameters
        ----------
        size : tuple of int, optional
            Height and width in pixels; left out, the photograph's own.

        Returns
        -------
        ndarray of float32, shape (height, width)
            Values in [0, 1], bilinear; NaN where the network did not look, since the photograph
            was cropped on its way. A map without a `frame` covers the whole of `size`, which
            has as many axes as the map.

        Raises
        ------
        ValueError
            If the map has no `frame` and no size is given, or one of another number of axes.
        """
        if size is not None and len(size) != self.values.ndim:
            raise ValueError(
                f"expected a size of {self.values.ndim} axes for a map of shape "
                f"{self.values.shape}, got {size}"
            )
        if self.frame is not None:
            return (self.frame if size is None else self.frame.at_size(size)).place(self.values)
        if size is None:
            raise ValueError(
                "this map belongs to no photograph whose size is known; give resized() the size, "
                f"a number for each axis of its shape {self.values.shape}"
            )
        return resampled(self.values, size)


class Heatmaps(list[Heatmap]):
    """Heatmaps of several images, or of one image for several targets."""

    def __repr__(self) -> str:
        labels = ", ".join(heatmap.target.label for heatmap in self)
        layers = ", ".join(dict.fromkeys(heatmap.layer or "the input" for heatmap in self))
        methods = ", ".join(dict.fromkeys(heatmap.method for heatmap in self))
        parts = [f"{len(self)} of {layers}", labels, methods] if self else ["none"]
        return f"Heatmaps({' · '.join(parts)})"


class CamStep(NamedTuple):
    """How far a map is.

    Attributes
    ----------
    done, total : int
        Parts of the work.
    heatmap : Heatmap, Heatmaps or None
        The result, with the last part.
    """

    done: int
    total: int
    heatmap: Any = None


class CheckStep(NamedTuple):
    """How far a check of maps is.

    Attributes
    ----------
    done, total : int
        Parts of the work.
    result : FaithfulnessCurves, DropIncrease, RandomisationCheck or None
        With the last part.
    """

    done: int
    total: int
    result: Any = None


def normalised(raw: Float32[np.ndarray, "*space"]) -> tuple[Float32[np.ndarray, "*space"], str]:
    """Bring a map of one image to [0, 1].

    Parameters
    ----------
    raw : ndarray of float32
        Positive where a place speaks for the target. It may hold any number.

    Returns
    -------
    values : ndarray of float32, same shape
        ``max(raw, 0) / max(raw)``, always finite.
    reason : str
        Why the values are all 0; empty where they are not.
    """
    reason = _why_dark(raw)
    if reason:
        return np.zeros_like(raw), reason
    # in float64, where the quotient of no two float32 overflows
    positive = np.maximum(raw, 0).astype("float64")
    return (positive / positive.max()).astype("float32"), ""


def _why_dark(raw: np.ndarray) -> str:
    if raw.size < 2:
        return (
            "the layer has a single place, so that no map can tell where; choose an earlier layer, "
            "one with several places"
        )
    if not np.isfinite(raw).all():
        return (
            "the map has values that are NaN or infinite, as the network's scores or gradients "
            "are; look for an overflow, say in float16, or a division by zero"
        )
    if not raw.any():
        return (
            "the map is 0 everywhere: nothing comes through, as where units do not fire or where "
            "an output is saturated and its gradient vanishes; choose another target or layer"
        )
    low, high = float(raw.min()), float(raw.max())
    if high <= 0:
        return (
            "no place speaks for the target: the map is nowhere positive; choose another target "
            "or layer"
        )
    if high - low <= _FLAT * high:
        return (
            "the map is the same everywhere, so that no place stands out; choose another layer or "
            "method"
        )
    return ""
