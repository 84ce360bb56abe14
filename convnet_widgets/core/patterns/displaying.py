"""From optimised images, which may hold any values, to pictures that can be shown."""

import numpy as np
from jaxtyping import Float32, UInt8

DISPLAYS = ("standardised", "bounded")


def displayable(
    images: Float32[np.ndarray, "images height width channels"], display: str
) -> UInt8[np.ndarray, "images height width channels"]:
    """Make pictures of images, each by itself.

    Parameters
    ----------
    images : ndarray of float32, shape (images, height, width, channels)
        Finite values.
    display : {"standardised", "bounded"}
        "standardised": centred, brought to a standard deviation of 0.1, moved to 0.5, clipped to
        0–1, as in Chollet, *Deep Learning with Python*, section 5.4.2; the rest below a whole
        number is dropped, as there. "bounded": 0–255 as they are, rounded.

    Returns
    -------
    ndarray of uint8, shape (images, height, width, channels)
    """
    if display == "bounded":
        return np.clip(np.round(images), 0, 255).astype("uint8")
    centred = images - images.mean(axis=(1, 2, 3), keepdims=True, dtype="float64")
    deviation = centred.std(axis=(1, 2, 3), keepdims=True)
    return (np.clip(centred / (deviation + 1e-5) * 0.1 + 0.5, 0, 1) * 255).astype("uint8")
