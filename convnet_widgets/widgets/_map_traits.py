"""Arrays of maps as the traits that hold them in the browser."""

from typing import Any

import numpy as np
from jaxtyping import Float32
from numpy.typing import ArrayLike

from ..rendering.quantisation import quantise


def map_traits(maps: ArrayLike) -> dict[str, Any]:
    """Traits of :class:`MapGrid` for an array of maps or of RGB tiles.

    Parameters
    ----------
    maps : array
        Real ``(height, width, channels)`` or ``(groups, height, width, channels)``, or uint8
        ``(channels, height, width, 3)``.

    Returns
    -------
    dict
        ``channels``, ``groups``, ``height``, ``width`` and the bytes ``_codes``, ``_ranges``,
        ``_statistics`` (see :func:`statistics`) and ``_pixels``, in order (group, channel).

    Raises
    ------
    ValueError
        If the rank is another or an axis is empty.
    TypeError
        If the values are not real numbers.
    """
    array = np.asarray(maps)
    _check(array)
    if array.dtype == np.uint8 and array.ndim == 4 and array.shape[-1] == 3:
        return _pixel_traits(array)
    return _code_traits(array if array.ndim == 4 else array[None])


def _check(array: np.ndarray) -> None:
    if array.ndim not in (3, 4):
        raise ValueError(
            "maps are (height, width, channels), (groups, height, width, channels) or uint8 "
            f"(channels, height, width, 3); got shape {array.shape}. "
            "A single map needs a channel axis: maps[..., None]."
        )
    if not array.size:
        raise ValueError(f"maps have at least one value on every axis; got shape {array.shape}.")
    # bfloat16 is of kind "V" to NumPy
    if array.dtype.kind not in "bfiuV" or array.dtype.names:
        raise TypeError(f"maps are real numbers; got {array.dtype}. Convert them to float32.")


def _pixel_traits(tiles: np.ndarray) -> dict[str, Any]:
    channels, height, width, _ = tiles.shape
    return _sized(1, height, width, channels) | {
        "_pixels": tiles.tobytes(), "_codes": b"", "_ranges": b"", "_statistics": b"",
    }  # fmt: skip


def _code_traits(maps: np.ndarray) -> dict[str, Any]:
    groups, height, width, channels = maps.shape
    with np.errstate(over="ignore"):  # too large for float32 is infinite, which is provided for
        values = np.moveaxis(maps, 0, 2).astype(np.float32, copy=False)
    values = values.reshape(height, width, -1)
    quantised = quantise(values)
    return _sized(groups, height, width, channels) | {
        "_pixels": b"",
        "_codes": quantised.codes,
        "_ranges": quantised.ranges.tobytes(),
        "_statistics": statistics(values).tobytes(),
    }


def _sized(groups: int, height: int, width: int, channels: int) -> dict[str, Any]:
    return {"groups": groups, "height": height, "width": width, "channels": channels}


def statistics(
    maps: Float32[np.ndarray, "height width maps"],
) -> Float32[np.ndarray, "maps 4"]:
    """Mean, standard deviation, maximum and share of zeros of each map.

    Parameters
    ----------
    maps : float32 array of shape (height, width, maps)
        Values that are not finite are left out; a map without a finite value has zeros.

    Returns
    -------
    float32 array of shape (maps, 4)
        In the order above; the share of zeros is in [0, 1].
    """
    finite = np.isfinite(maps)
    count = np.maximum(finite.sum((0, 1)), 1)
    values = maps if finite.all() else np.where(finite, maps, np.float32(0))
    mean = values.sum((0, 1), np.float64) / count
    differences = np.subtract(values, mean, where=finite, out=np.zeros(maps.shape))
    deviation = np.sqrt(np.einsum("ijk,ijk->k", differences, differences) / count)
    highest = maps.max((0, 1), initial=-np.inf, where=finite)
    zeros = np.count_nonzero(maps == 0, (0, 1)) / count
    highest = np.where(np.isneginf(highest), 0, highest)
    return np.stack([mean, deviation, highest, zeros], 1).astype(np.float32)
