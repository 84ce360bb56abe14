"""Smaller copies of pictures."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image


def reduced(
    pictures: UInt8[np.ndarray, "pictures height width 3"], side: int
) -> UInt8[np.ndarray, "pictures rows columns 3"]:
    """Pictures whose pixels are the means of squares.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (pictures, height, width, 3)
        RGB, 0–255.
    side : int
        Pixels of a side of the squares, from 1 on; those at the right and lower end may be cut.

    Returns
    -------
    ndarray of uint8, shape (pictures, ceil(height / side), ceil(width / side), 3)
        With a side of 1 the pictures themselves.
    """
    if side == 1:
        return pictures
    return np.stack([np.asarray(Image.fromarray(one).reduce(side)) for one in pictures])
