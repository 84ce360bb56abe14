"""Feature maps as 16-bit codes, each map by its own extremes: what a display sends the browser."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32
from numpy.typing import ArrayLike

from ._checks import real_array

_TOP_CODE = 65535


@dataclass(frozen=True)
class Quantised:
    """The maps of a layer as 16-bit codes.

    Parameters
    ----------
    codes : bytes
        Little-endian uint16 in the order (map, row, column): 0 is the map's minimum, 65535 its
        maximum; a constant map has the code 0 throughout.
    ranges : ndarray of float32, shape (maps, 2)
        The minimum and the maximum of each map.
    height, width : int
        Of every map, in pixels of the map.
    """

    codes: bytes
    ranges: Float32[np.ndarray, "maps 2"]
    height: int
    width: int


def quantise(maps: ArrayLike) -> Quantised:
    """Quantise the maps of a layer to 16 bits each.

    A value comes back (:func:`dequantise`) with an error of at most half a step, 1/131070 of
    the range of its map, beside float32 rounding; the minimum, such as the zeros after a ReLU,
    comes back exactly.

    Parameters
    ----------
    maps : array_like, shape (height, width, maps)
        Real numbers, taken as float32. The extremes are those of the finite values; infinite
        values become the extremes, and NaN the minimum.

    Returns
    -------
    Quantised
        Codes, ranges, height and width.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If they are empty or do not have three axes.
    """
    array = real_array(maps, "height, width, maps")
    if array.ndim != 3:
        raise ValueError(
            f"expected maps (height, width, maps) of one image; got shape {array.shape}; "
            "choose one image of a batch"
        )
    height, width, count = array.shape
    with np.errstate(over="ignore"):  # too large for float32 is infinite, which is provided for
        rows = np.ascontiguousarray(array.reshape(-1, count).T, np.float32)
    ranges = np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1)
    if not np.isfinite(ranges).all():
        rows, ranges = _saturate(rows)
    return Quantised(_codes(rows, ranges).tobytes(), ranges, height, width)


def dequantise(quantised: Quantised) -> Float32[np.ndarray, "height width maps"]:
    """Return the values that the codes stand for: minimum + code · (maximum − minimum) / 65535.

    Parameters
    ----------
    quantised : Quantised
        As :func:`quantise` returns it.

    Returns
    -------
    ndarray of float32, shape (height, width, maps)
        The values.
    """
    codes = np.frombuffer(quantised.codes, "<u2").reshape(len(quantised.ranges), -1)
    low, high = quantised.ranges.astype(np.float64).T[..., None]
    values = (low + codes * ((high - low) / _TOP_CODE)).astype(np.float32)
    return values.T.reshape(quantised.height, quantised.width, -1)


def _codes(
    rows: Float32[np.ndarray, "maps pixels"], ranges: Float32[np.ndarray, "maps 2"]
) -> np.ndarray:
    low, high = ranges.astype(np.float64).T[..., None]
    step = np.where(high > low, (high - low) / _TOP_CODE, 1.0)
    # float32 is exact to 1/60 of a step, but cannot hold every range or its inverse
    narrow = step.max() < 1e30 and step.min() > 1e-30
    precision = np.float32 if narrow else np.float64
    codes = np.subtract(rows, low.astype(precision), dtype=precision)
    codes *= (1 / step).astype(precision)
    codes += precision(0.5)
    return codes.astype("<u2")


def _saturate(
    rows: Float[np.ndarray, "maps pixels"],
) -> tuple[Float32[np.ndarray, "maps pixels"], Float32[np.ndarray, "maps 2"]]:
    finite = np.isfinite(rows)
    low = rows.min(axis=1, initial=np.inf, where=finite)
    high = rows.max(axis=1, initial=-np.inf, where=finite)
    empty = low > high
    low, high = np.where(empty, np.float32(0), low), np.where(empty, np.float32(0), high)
    clipped = np.clip(rows, low[:, None], high[:, None])
    return np.where(np.isnan(clipped), low[:, None], clipped), np.stack([low, high], axis=1)
