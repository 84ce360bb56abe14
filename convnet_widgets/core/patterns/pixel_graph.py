"""A network's preprocessing as a part of a graph, so that gradients go through it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

_SIZES = ((2, 5, 4), (1, 3, 7))
_WHITE = 255.0
_TOLERANCE = 1e-4


def in_graph(preprocess: Any, channels: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Make of a preprocessing of arrays one of tensors.

    Parameters
    ----------
    preprocess : callable or None
        From float32 arrays (batch, height, width, channels), RGB 0–255, to what a network takes.
        Mostly it is affine for each pixel: then matrix and offset are found by asking it,
        checked on random pixels, and applied beyond 0–255 too. Else it has to take tensors.
    channels : int
        Of the images.

    Returns
    -------
    callable
        From a float32 tensor (batch, height, width, channels) to a float32 tensor.

    Raises
    ------
    ValueError
        If the preprocessing is not affine for each pixel and takes no tensors.
    """
    if preprocess is None:
        return lambda images: images
    found = _affine(preprocess, channels)
    if found is None:
        return lambda images: _called(preprocess, images)
    matrix, offset = found
    return lambda images: tf.tensordot(images, matrix, 1) + offset


def _affine(preprocess: Callable, channels: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Matrix (channels, outputs) and offset (outputs,) of the preprocessing, if it has such."""
    try:
        matrix, offset = _asked(preprocess, channels)
        fits = all(_fits(preprocess, matrix, offset, size) for size in _SIZES)
    except Exception:  # of a size or a kind of array that it does not take
        return None
    return (matrix.astype("float32"), offset.astype("float32")) if fits else None


def _asked(preprocess: Callable, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """What the preprocessing does to black and to each channel alone at its brightest."""
    pixels = np.vstack([np.zeros(channels), np.eye(channels) * _WHITE])
    answers = _answer(preprocess, pixels[:, None, None, :])[:, 0, 0]
    return (answers[1:] - answers[0]) / _WHITE, answers[0]


def _fits(
    preprocess: Callable, matrix: np.ndarray, offset: np.ndarray, size: tuple[int, int, int]
) -> bool:
    pixels = np.random.default_rng(0).uniform(0, _WHITE, (*size, len(matrix)))
    expected = _answer(preprocess, pixels)
    scale = np.abs(expected).max()
    return np.allclose(pixels @ matrix + offset, expected, rtol=0, atol=_TOLERANCE * scale)


def _answer(preprocess: Callable, pixels: np.ndarray) -> np.ndarray:
    # a copy, since Keras's own preprocessing writes on what it is given
    answer = np.asarray(preprocess(pixels.astype("float32")), "float64")
    if answer.shape[:-1] != pixels.shape[:-1]:
        raise ValueError("not the same pixels")
    return answer


def _called(preprocess: Callable, images: tf.Tensor) -> tf.Tensor:
    try:
        return tf.cast(tf.convert_to_tensor(preprocess(images)), tf.float32)
    except Exception as error:
        raise ValueError(
            "gradients have to go through the preprocessing of the network, and "
            f"{preprocess!r} neither treats each pixel alike, by a matrix and an offset, nor takes "
            "tensors; give VisionModel one that does, or use preprocessed=False with images as "
            f"the network takes them. It said: {error}"
        ) from error
