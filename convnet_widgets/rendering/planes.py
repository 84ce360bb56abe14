"""Sequences and volumes, and the heat on them, as flat pictures of one layout."""

from math import ceil

import numpy as np
from jaxtyping import Float32, UInt8
from numpy.typing import ArrayLike

from ._checks import real_array
from .intensity import per_map
from .mosaic import MosaicLayout, layout, mosaic
from .photographs import photograph

_STRIP = 6  # width to height of a sequence
_LINE = 48  # pixels of a slice for one of the lines between slices
_LINE_GREY = 128


def image_plane(image: ArrayLike) -> UInt8[np.ndarray, "rows columns 3"]:
    """Picture of one input of a network, whatever its rank.

    Parameters
    ----------
    image : array_like, shape (steps, channels), (height, width, channels) or (depth, height, \
width, channels)
        Finite values. The channels of a sequence are rows, each black at its lowest value and
        white at its highest; the slices of a volume stand in reading order with grey lines
        between them, all on one scale.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        RGB; see `convnet_widgets.rendering.photographs.photograph`.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If the rank is another or an axis is empty.
    """
    values = real_array(image, "steps, channels")
    if values.ndim == 2:
        return _strip(values)
    if values.ndim == 3:
        return photograph(values)
    if values.ndim == 4:
        slices = photograph(values.reshape(-1, *values.shape[2:]))
        places = slice_places(*values.shape[:3])
        return mosaic(slices.reshape(*values.shape[:3], 3), places.columns, places.gap, _LINE_GREY)
    raise ValueError(
        "expected one sequence (steps, channels), image (height, width, channels) or volume "
        f"(depth, height, width, channels); got shape {values.shape}"
    )


def heat_plane(heat: ArrayLike, shape: tuple[int, int]) -> Float32[np.ndarray, "rows columns"]:
    """Lay out heat as :func:`image_plane` laid out the input of the same extent.

    Parameters
    ----------
    heat : array_like, shape (steps,), (height, width) or (depth, height, width)
        Of the same extent as the input.
    shape : tuple of int
        Rows and columns of the picture of the input.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        NaN in the lines between slices.

    Raises
    ------
    TypeError
        If the heat is not of real numbers.
    ValueError
        If the rank is another, or the heat does not have the extent of that picture.
    """
    values = real_array(heat, "steps").astype(np.float32)
    plane = values
    if values.ndim == 1:
        plane = np.repeat(values[None], shape[0], axis=0)
    elif values.ndim == 3:
        places = slice_places(*values.shape)
        plane = mosaic(values, places.columns, places.gap, np.nan)
    if plane.shape != tuple(shape):
        raise ValueError(
            f"expected heat of the extent of the input, whose picture has {shape[0]} × "
            f"{shape[1]} pixels; got shape {values.shape}"
        )
    return plane


def slice_places(depth: int, height: int, width: int) -> MosaicLayout:
    """Return where the slices of a volume stand."""
    return layout(depth, height, width, gap=ceil(max(height, width) / _LINE))


def _strip(values: np.ndarray) -> UInt8[np.ndarray, "rows columns 3"]:
    steps, channels = values.shape
    maps = values[None]
    rows = per_map(maps)(maps)[0].T
    down = ceil(steps / (_STRIP * channels))
    return photograph(rows.repeat(down, axis=0)[..., None], (0.0, 1.0))
