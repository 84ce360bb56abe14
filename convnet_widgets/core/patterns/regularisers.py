"""What a picture should avoid: penalties for each image, and a limit to the gradient.

Images are float32 (images, height, width, channels), 0–255; penalties are of intensities, 0–1,
so that their weights do not depend on the size of a picture.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import tensorflow as tf


@runtime_checkable
class Regulariser(Protocol):
    """A frozen dataclass that gives a penalty for each image, to be subtracted from its score."""

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Return the penalties, float32 (images,)."""


@dataclass(frozen=True)
class TotalVariation:
    """``weight · mean of |differences of neighbours|``, which favours smooth pictures.

    Parameters
    ----------
    weight : float
        Of the penalty.
    """

    weight: float

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Return the penalty of each image."""
        pixels = tf.cast(tf.reduce_prod(tf.shape(images)[1:]), tf.float32)
        return self.weight * tf.image.total_variation(images / 255) / pixels


@dataclass(frozen=True)
class _Distance:
    weight: float
    level: float = 0.5

    @staticmethod
    def measure(difference: tf.Tensor) -> tf.Tensor:
        """Return how much each difference from the level counts."""
        raise NotImplementedError

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Return the penalty of each image."""
        measured = self.measure(images / 255 - self.level)
        return self.weight * tf.reduce_mean(measured, axis=[1, 2, 3])


class L1(_Distance):
    """``weight · mean of |intensity − level|``, which favours few strong places.

    Parameters
    ----------
    weight : float
        Of the penalty.
    level : float
        The intensity without penalty, mid-grey by default.
    """

    measure = staticmethod(tf.abs)


class L2(_Distance):
    """``weight · mean of (intensity − level)²``, which favours little contrast.

    Parameters
    ----------
    weight, level : float
        As of `L1`.
    """

    measure = staticmethod(tf.square)


def clip_gradient(gradient: tf.Tensor, norm: float) -> tf.Tensor:
    """Shorten the gradient of each image to at most `norm`, its direction kept.

    Clipping the gradient of the score, a single number, would clip nothing.

    Parameters
    ----------
    gradient : tensor, shape (images, ...)
        Of the score by what is varied.
    norm : float
        The largest Euclidean norm of the gradient of one image.

    Returns
    -------
    tensor, shape (images, ...)
    """
    return tf.clip_by_norm(gradient, norm, axes=range(1, gradient.shape.rank))
