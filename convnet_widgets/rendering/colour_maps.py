"""Colour maps: from an intensity to a colour, by matplotlib's names."""

from functools import cache

import numpy as np
from jaxtyping import UInt8
from numpy.typing import ArrayLike

from ._checks import real_array, unknown
from .intensity import signed

COLOUR_MAPS = ("viridis", "magma", "inferno", "cividis", "gray", "coolwarm", "RdBu_r")
"""The names offered for choice; the last two diverge and suit signed values."""


@cache
def lookup_table(name: str) -> UInt8[np.ndarray, "256 3"]:
    """Return the 256 colours of a colour map, from intensity 0 to 1.

    Parameters
    ----------
    name : str
        Any name that matplotlib knows.

    Returns
    -------
    ndarray of uint8, shape (256, 3)
        RGB, matplotlib's colours rounded to bytes, so that "gray" is the grey of each byte;
        read-only, as the table is kept for the next call.

    Raises
    ------
    ValueError
        If matplotlib has no colour map of that name; near names are given,
        or else the usual ones.
    """
    import matplotlib

    if name not in matplotlib.colormaps:
        raise unknown("colour map", name, matplotlib.colormaps, COLOUR_MAPS)
    middles = (np.arange(256) + 0.5) / 256  # at the edges of its own steps rounding would decide
    table = to_bytes(matplotlib.colormaps[name](middles)[:, :3])
    table.setflags(write=False)
    return table


def apply_colour_map(intensity: ArrayLike, name: str) -> UInt8[np.ndarray, "*shape 3"]:
    """Colour intensities by a colour map.

    The colour of intensity *i* is the one at index floor(255 · i + 0.5) of
    :func:`lookup_table`; the browser does the same.

    Parameters
    ----------
    intensity : array_like, any shape
        In [0, 1].
    name : str
        Any name that matplotlib knows.

    Returns
    -------
    ndarray of uint8, in the shape of the intensity with a last axis of 3
        RGB.

    Raises
    ------
    ValueError
        If a value is outside [0, 1] or not a number, or there is no such colour map.
    """
    shares = np.asarray(intensity)
    if not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError(
            f"expected intensities in [0, 1]; got {np.min(shares)} to {np.max(shares)}; "
            "pass the maps through intensity() first"
        )
    return lookup_table(name)[to_bytes(shares)]


def to_bytes(intensity: ArrayLike) -> UInt8[np.ndarray, "*shape"]:
    """Return floor(255 · i + 0.5) of intensities in [0, 1], as uint8 of the same shape."""
    return (np.asarray(intensity) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def kernel_colours(kernels: ArrayLike) -> UInt8[np.ndarray, "*filters height width 3"]:
    """Return kernels over red, green and blue as the colours they respond to.

    One scale for all: a weight of zero is mid-grey (128), the largest absolute weight 0 or 255.

    Parameters
    ----------
    kernels : array_like, shape (..., height, width, 3)
        Weights, with the input channels in the order red, green, blue: turn those of a network
        that takes BGR.

    Returns
    -------
    ndarray of uint8, in the shape of the kernels
        RGB.

    Raises
    ------
    ValueError
        If the last axis does not have three channels.
    """
    weights = real_array(kernels, "height, width, 3")
    if weights.shape[-1] != 3:
        raise ValueError(
            f"expected kernels over 3 channels (red, green, blue); got shape {weights.shape}; "
            "draw others with intensity(kernels, 'signed') and a diverging colour map"
        )
    return to_bytes(signed(weights)(weights))
