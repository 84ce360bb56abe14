"""Images of any bands and range as RGB pictures."""

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import ArrayLike


def photograph(
    pixels: ArrayLike, limits: tuple[float, float] | None = None
) -> UInt8[np.ndarray, "height width 3"]:
    """Picture of an image that need not be a photograph.

    Parameters
    ----------
    pixels : array of shape (height, width, channels)
        Finite values. One channel gives grey, three RGB, any other number the grey of their
        mean.
    limits : pair of float, optional
        The values of black and white; what lies beyond is clipped. By default a guess:
        values within 0–1 are shares of white, within 0–255 pixels, and anything else is
        stretched from its lowest to its highest value.

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
    low, high = limits or _likely_limits(values)
    shares = (values - low) * (255 / (high - low or 1))
    return np.clip(np.rint(shares), 0, 255).astype(np.uint8)


def _likely_limits(values: Float[np.ndarray, "*axes"]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 255:
        return low, high
    return (0.0, 1.0) if high <= 1 else (0.0, 255.0)
