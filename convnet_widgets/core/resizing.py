"""Images brought to the size a network takes."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, Shaped
from PIL import Image

from .framing import Rectangle, frame_of


def resize(
    image: Shaped[np.ndarray, "height width channels"], size: Sequence[int | None], fit: str
) -> Float32[np.ndarray, "new_height new_width channels"]:
    """Resize an image: bicubic, with antialiasing, kept within the range of its own values.

    Parameters
    ----------
    image : ndarray of float32 or uint8, shape (height, width, channels)
    size : tuple of int or None
        Wanted height and width; None keeps the image's own.
    fit : {"stretch", "crop", "pad"}
        As for `frame_of`. What lies beyond the image is black, 0.

    Returns
    -------
    ndarray of float32, shape (new_height, new_width, channels)
    """
    height, width = size[0] or image.shape[0], size[1] or image.shape[1]
    if (height, width) == image.shape[:2]:
        return image.astype("float32", copy=False)
    seen = frame_of(image.shape[:2], size, fit).seen
    bands = [
        _resized(Image.fromarray(band), seen, (width, height))
        for band in np.ascontiguousarray(np.moveaxis(image, 2, 0))
    ]
    low, high = float(image.min()), float(image.max())
    if fit == "pad":
        low, high = min(low, 0), max(high, 0)
    return np.clip(np.stack(bands, axis=2), low, high)


def _resized(band: Image.Image, seen: Rectangle, size: tuple[int, int]) -> np.ndarray:
    top, left, height, width = seen
    # Pillow crops whole pixels, and resamples from the fraction of them that is seen
    x, y = math.floor(left), math.floor(top)
    whole = band.crop((x, y, math.ceil(left + width), math.ceil(top + height))).convert("F")
    box = (left - x, top - y, left - x + width, top - y + height)
    return np.asarray(whole.resize(size, Image.Resampling.BICUBIC, box))
