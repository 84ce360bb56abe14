"""Maps of any rank as flat pictures."""

import numpy as np
from jaxtyping import Shaped


def as_planes(
    maps: Shaped[np.ndarray, "*spatial channels"],
) -> Shaped[np.ndarray, "height width channels"]:
    """Lay out the maps of one image on two axes.

    Parameters
    ----------
    maps : array of shape (steps, channels), (height, width, channels) or (depth, height, \
width, channels)

    Returns
    -------
    array of shape (height, width, channels)
        A sequence is a strip of one row; the slices of a volume stand side by side.
    """
    if maps.ndim == 2:
        return maps[None]
    if maps.ndim == 3:
        return maps
    height, channels = maps.shape[-3], maps.shape[-1]
    slices = maps.reshape(-1, *maps.shape[-3:])
    return np.moveaxis(slices, 0, 1).reshape(height, -1, channels)
