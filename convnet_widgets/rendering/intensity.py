"""Intensities: what share of its scale each value of a feature map or kernel reaches.

Every mode is one line, ``intensity = clip((value − origin) / unit + at, 0, 1)``, a
:class:`Scale`; the modes differ in what they take the origin and the unit from.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64
from numpy.typing import ArrayLike

from ._checks import float_array, real_array, unknown

_LARGEST = float(np.finfo(np.float32).max)
_EACH_MAP = (-3, -2)


@dataclass(frozen=True)
class Scale:
    """An affine map from values to intensities: ``clip((value − origin) / unit + at, 0, 1)``.

    Infinite values, and those beyond the range of float32, saturate at 0 or 1; NaN is drawn as
    the lowest, 0.

    Parameters
    ----------
    origin : float64, broadcastable to the maps
        The value that is drawn at the intensity ``at``.
    unit : float64, broadcastable to the maps
        The difference of values between the intensities 0 and 1, above zero.
    at : float
        The intensity of the origin, in [0, 1].
    """

    origin: Float64[np.ndarray, "*axes"]
    unit: Float64[np.ndarray, "*axes"]
    at: float

    def __call__(self, values: ArrayLike) -> Float32[np.ndarray, "*shape"]:
        """Return the intensities of values, float32 in [0, 1], in the shape of the values."""
        # in place, since a layer's values may take many megabytes
        shares = np.clip(np.asarray(values, np.float64), -_LARGEST, _LARGEST)
        shares -= self.origin
        with np.errstate(over="ignore"):  # far outside of the range saturates all the same
            shares /= self.unit
        shares += self.at
        np.clip(shares, 0, 1, out=shares)
        return np.nan_to_num(shares, copy=False).astype(np.float32)

    @property
    def low(self) -> Float64[np.ndarray, "*axes"]:
        """The value that is drawn at the intensity 0."""
        return self.origin - self.at * self.unit

    @property
    def high(self) -> Float64[np.ndarray, "*axes"]:
        """The value that is drawn at the intensity 1."""
        return self.origin + (1 - self.at) * self.unit


def per_map(maps: ArrayLike) -> Scale:
    """Scale each map from its own minimum, 0, to its own maximum, 1; a constant map to 0.

    Maps drawn so cannot be compared with each other: say so beside the picture.

    Parameters
    ----------
    maps : array_like, shape (..., height, width, channels)
        Real numbers; the extremes are taken over the finite values.

    Returns
    -------
    Scale
        With an origin and a unit of shape (..., 1, 1, channels).

    Raises
    ------
    TypeError, ValueError
        If the maps are not real numbers, lack axes or are empty.
    """
    low, high = _extremes(_maps(maps), _EACH_MAP)
    return Scale(low, _positive(high - low), 0.0)


def shared(maps: ArrayLike) -> Scale:
    """Scale all maps from their common minimum, 0, to their common maximum, 1.

    Parameters, errors and the handling of constant maps are those of :func:`per_map`; the
    origin and the unit have one value.
    """
    low, high = _extremes(_maps(maps), None)
    return Scale(low, _positive(high - low), 0.0)


def standardised(maps: ArrayLike) -> Scale:
    """Scale each map to mean 128 and standard deviation 64 of the range 0–255.

    As in Chollet, *Deep Learning with Python*, section 5.4.1: ``(v − mean) / std · 64 + 128``,
    clipped to 0–255. A constant map is drawn at 128 / 255. Parameters and errors are those of
    :func:`per_map`.
    """
    values = _maps(maps).astype(np.float64)
    finite = _is_finite(values)
    low, high = _extremes(values, _EACH_MAP)
    count = np.maximum(finite.sum(axis=_EACH_MAP, keepdims=True), 1)
    # Rounding in the mean would give a constant map a deviation, if it were not shifted to 0.
    shifted = np.where(finite, values - low, 0.0)
    mean = shifted.sum(axis=_EACH_MAP, keepdims=True) / count
    squares = np.where(finite, shifted - mean, 0.0) ** 2
    deviation = np.sqrt(squares.sum(axis=_EACH_MAP, keepdims=True) / count)
    return Scale(low + mean, _positive(np.where(high > low, deviation, 0.0)) * 255 / 64, 128 / 255)


def signed(maps: ArrayLike) -> Scale:
    """Scale all maps symmetrically about zero, which is drawn at 0.5.

    One limit, the largest absolute value, serves all maps: −limit is drawn at 0, limit at 1.
    For a diverging colour map. Parameters and errors are those of :func:`per_map`.
    """
    low, high = _extremes(_maps(maps), None)
    limit = np.maximum(-low, high)
    return Scale(np.zeros_like(limit), 2 * _positive(limit), 0.5)


_SCALES: dict[str, Callable[[ArrayLike], Scale]] = {
    "map": per_map,
    "layer": shared,
    "standardised": standardised,
    "signed": signed,
}
MODES = tuple(_SCALES)
"""The names of the modes, as the widgets and the figures take them."""


def scale(maps: ArrayLike, mode: str) -> Scale:
    """Return the scale of the maps in one of the :data:`MODES`.

    Parameters
    ----------
    maps : array_like, shape (..., height, width, channels)
        Real numbers.
    mode : {"map", "layer", "standardised", "signed"}
        :func:`per_map`, :func:`shared`, :func:`standardised` or :func:`signed`.

    Returns
    -------
    Scale
        To be called with values, and to be asked for the values at both its ends.

    Raises
    ------
    ValueError
        If there is no such mode.
    """
    if mode not in _SCALES:
        raise unknown("intensity mode", mode, MODES)
    return _SCALES[mode](maps)


def intensity(maps: ArrayLike, mode: str = "map") -> Float32[np.ndarray, "*shape"]:
    """Return the intensities of maps in [0, 1], each by its own scale or all by one.

    Parameters
    ----------
    maps : array_like, shape (..., height, width, channels)
        Real numbers; infinities saturate, NaN is drawn as the lowest.
    mode : {"map", "layer", "standardised", "signed"}
        See :func:`scale`.

    Returns
    -------
    ndarray of float32, in the shape of the maps
        Intensities in [0, 1].

    Raises
    ------
    TypeError, ValueError
        If the maps are not real numbers, lack axes or are empty, or there is no such mode.

    Examples
    --------
    >>> intensity([[[1.0], [2.0], [5.0]]], "map")[..., 0]
    array([[0.  , 0.25, 1.  ]], dtype=float32)
    """
    return scale(maps, mode)(real_array(maps, "height, width, channels"))


def _maps(maps: ArrayLike) -> Float[np.ndarray, "*batch height width channels"]:
    return float_array(maps, "height, width, channels")


def _is_finite(values: Float[np.ndarray, "*shape"]) -> np.ndarray:
    # What float32 cannot hold counts as infinite, so that no square or difference overflows.
    return (values >= -_LARGEST) & (values <= _LARGEST)


def _extremes(
    values: Float[np.ndarray, "*shape"], axes: tuple[int, ...] | None
) -> tuple[Float64[np.ndarray, "*axes"], Float64[np.ndarray, "*axes"]]:
    finite = _is_finite(values)
    low = np.min(values, axis=axes, keepdims=True, initial=np.inf, where=finite)
    high = np.max(values, axis=axes, keepdims=True, initial=-np.inf, where=finite)
    empty = low > high
    return np.where(empty, 0.0, low.astype(np.float64)), np.where(
        empty, 0.0, high.astype(np.float64)
    )


def _positive(unit: Float64[np.ndarray, "*axes"]) -> Float64[np.ndarray, "*axes"]:
    return np.where(unit > 0, unit, 1.0)
