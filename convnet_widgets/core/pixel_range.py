"""Warnings of images that do not hold the pixels 0–255 that a network takes."""

import warnings
from typing import Any

import keras
import numpy as np
from PIL import Image

from .preparation import flattened, numbers

_DIVIDES = 1 / 50  # 1/255, 1/127.5, one by the deviation of pixels 0–255; none of pixels 0–1


class ImageRangeWarning(UserWarning):
    """An image does not hold the pixels 0–255 that a network takes."""


def warn_of_range(images: Any, name: str) -> None:
    """Warn once if images do not hold pixels 0–255.

    Parameters
    ----------
    images : array_like or PIL.Image.Image, or sequence of them
        As for `image_batch`, which accepts them. Warned of are values above 255,
        ``uint16``, and floating or ``bool`` values that are all at most 1 and
        not all 0. Pillow images are read as 0–255 and pass.
    name : str
        Name of the network, for the sentence.

    Warns
    -----
    ImageRangeWarning
        With what came, what was expected and what to do.
    """
    wrong = next((array for array in _arrays(images) if not _may_be_pixels(array)), None)
    if wrong is not None:
        _warn(wrong, name)


def contrast_of_units(images: Any, pixels: np.ndarray) -> float | None:
    """How far pixels differ at most; None unless all images are floats in 0–1, and not black.

    Parameters
    ----------
    images : array_like or PIL.Image.Image, or sequence of them
    pixels : ndarray of float32, shape (batch, height, width, channels)
        What `image_batch` makes of them.
    """
    if pixels.min() < 0 or pixels.max() > 1 or not pixels.any():
        return None
    given = images if isinstance(images, list | tuple) else [images]
    arrays = list(_arrays(images))
    are_floats = len(arrays) == len(given) and all(array.dtype.kind == "f" for array in arrays)
    return _contrast(pixels) if are_floats else None


def takes_bytes(model: keras.Model, contrast: float, prepared: Any) -> bool:
    """Whether pixels 0–1 are divided as those of 0–255 are.

    Parameters
    ----------
    model : keras.Model
    contrast : float
        Of the pixels, as `contrast_of_units` has it.
    prepared : array_like, shape (batch, height, width, channels)
        What the preprocessing makes of them, channels last.
    """
    values = np.asarray(prepared)
    if _contrast(values) < _DIVIDES * contrast:
        return True
    return float(np.abs(values).max()) <= 1 and _first_factor(model) < _DIVIDES


def warn_of_units(images: Any, name: str) -> None:
    """Warn of images in 0–1; see `warn_of_range`."""
    _warn(next(iter(_arrays(images))), name)


def _warn(wrong: np.ndarray, name: str) -> None:
    low, high = float(wrong.min()), float(wrong.max())
    warnings.warn(
        f"{name} expects pixels 0–255, got {wrong.dtype} values {low:g} to {high:g}; multiply "
        "values in 0–1 by 255, scale larger ones down, or read the image by load_image",
        ImageRangeWarning,
        stacklevel=5,
    )


def _arrays(images: Any) -> list[np.ndarray]:
    given = images if isinstance(images, list | tuple) else [images]
    return [numbers(one, "an image") for one in given if not isinstance(one, Image.Image)]


def _may_be_pixels(array: np.ndarray) -> bool:
    high = float(array.max())
    if high > 255 or array.dtype == np.uint16:
        return False
    return array.dtype.kind in "iu" or high > 1 or not array.any()


def _contrast(pixels: np.ndarray) -> float:
    """The largest difference within a channel."""
    return float(np.ptp(pixels, axis=tuple(range(pixels.ndim - 1))).max())


def _first_factor(model: keras.Model) -> float:
    """By how much the layers before the first with weights multiply pixels."""
    for layer in flattened(model):
        if isinstance(layer, keras.layers.Rescaling):
            return float(np.abs(layer.scale).max())
        if isinstance(layer, keras.layers.Normalization):
            variance = np.max(keras.ops.convert_to_numpy(getattr(layer, "variance", 1)))
            return float(1 / max(np.sqrt(variance), keras.config.epsilon()))
        if layer.weights and not isinstance(layer, keras.Model):
            break
    return 1.0
