"""Images of any bands and range as RGB pictures."""

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import ArrayLike


def photograph(pixels: ArrayLike) -> UInt8[np.ndarray, "height width 3"]:
    """Picture of an image that need not be a photograph.

    Parameters
    ----------
    pixels : array of shape (height, width, channels)
        Finite values. Within 0–255 they are taken as they are, within 0–1 as shares of
        white; anything else is stretched from its lowest to its highest value. One channel
        gives grey, three RGB, any other number the grey of their mean.

    Returns
    -------
    uint8 array of shape (height, width, 3)

    Raises
    ------
    ValueError
        If the rank is another or an axis is empty.
    """
    values = np.asarray(pixels, np.float64)  # holds the range of every float32
    if values.ndim != 3 or not values.size:
        raise ValueError(f"expected an image (height, width, channels); got shape {values.shape}")
    if values.shape[2] != 3:
        values = np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2)
    return np.clip(np.rint(_within_255(values)), 0, 255).astype(np.uint8)


def _within_255(values: Float[np.ndarray, "*axes"]) -> Float[np.ndarray, "*axes"]:
    low, high = values.min(), values.max()
    if low < 0 or high > 255:
        return (values - low) * (255 / (high - low or 1))
    return values * 255 if high <= 1 else values
