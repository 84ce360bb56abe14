"""What a picture has to withstand: small random shifts, turns and zooms at every step.

They belong inside the differentiated graph: what is stored stays as it is, and the gradient goes
back through the transform. All affine transforms in a row are one warp, so that a picture is
interpolated once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import Any, Protocol, runtime_checkable

import numpy as np
import tensorflow as tf

Seed = Any
"""Two integers, as TensorFlow's stateless random functions take them."""


@runtime_checkable
class Transform(Protocol):
    """A frozen dataclass that changes images."""

    def __call__(self, images: tf.Tensor, seed: Seed) -> tf.Tensor:
        """Return the images (images, height, width, channels) transformed, differentiably."""


class _Affine:
    def matrices(self, count: Any, seed: Seed) -> tf.Tensor:
        """Draw, for each image, where a pixel is taken from: (images, 3, 3), about the centre."""
        raise NotImplementedError

    def __call__(self, images: tf.Tensor, seed: Seed) -> tf.Tensor:
        """Return the images warped."""
        return warp(images, self.matrices(tf.shape(images)[0], seed))


@dataclass(frozen=True)
class Jitter(_Affine):
    """Shift by whole pixels, at most so many to each side.

    Parameters
    ----------
    pixels : int
        The largest shift along either axis.
    """

    pixels: int

    def matrices(self, count: Any, seed: Seed) -> tf.Tensor:
        """Draw shifts, each from −pixels … pixels alike."""
        shape, low, high = [count, 2], -self.pixels, self.pixels + 1
        shift = tf.random.stateless_uniform(shape, seed, low, high, tf.int32)
        x, y = tf.unstack(tf.cast(shift, tf.float32), axis=1)
        return _matrices([[1.0, 0.0, x], [0.0, 1.0, y]], count)


@dataclass(frozen=True)
class Scale(_Affine):
    """Enlarge about the centre.

    Parameters
    ----------
    factors : tuple of float
        One of these for each image; 2 shows the middle half.
    """

    factors: tuple[float, ...]

    def matrices(self, count: Any, seed: Seed) -> tf.Tensor:
        """Draw factors, each alike."""
        inverse = 1 / _drawn(self.factors, count, seed)
        return _matrices([[inverse, 0.0, 0.0], [0.0, inverse, 0.0]], count)


@dataclass(frozen=True)
class Rotate(_Affine):
    """Turn about the centre, counter-clockwise.

    Parameters
    ----------
    degrees : tuple of float
        One of these for each image; an angle given twice is twice as likely.
    """

    degrees: tuple[float, ...]

    def matrices(self, count: Any, seed: Seed) -> tf.Tensor:
        """Draw angles, each alike."""
        angle = _drawn(self.degrees, count, seed) * np.float32(np.pi / 180)
        cos, sin = tf.cos(angle), tf.sin(angle)
        return _matrices([[cos, -sin, 0.0], [sin, cos, 0.0]], count)


@dataclass(frozen=True)
class Pad:
    """Put a border around, so that nothing of the picture is lost by a shift.

    Parameters
    ----------
    pixels : int
        Width of the border on every side.
    value : float
        Of the border, 0–255.
    """

    pixels: int
    value: float = 127.5

    def __call__(self, images: tf.Tensor, seed: Seed) -> tf.Tensor:  # noqa: ARG002
        """Return larger images."""
        border = [self.pixels, self.pixels]
        return tf.pad(images, [[0, 0], border, border, [0, 0]], constant_values=self.value)


@dataclass(frozen=True)
class Crop:
    """Cut off a border, at a random place for all images together.

    Parameters
    ----------
    pixels : int
        By so many the picture gets smaller along each axis.
    """

    pixels: int

    def __call__(self, images: tf.Tensor, seed: Seed) -> tf.Tensor:
        """Return smaller images."""
        top, left = tf.unstack(tf.random.stateless_uniform([2], seed, 0, self.pixels + 1, tf.int32))
        height, width = tf.shape(images)[1] - self.pixels, tf.shape(images)[2] - self.pixels
        return images[:, top : top + height, left : left + width]


def apply(transforms: Sequence[Transform], images: tf.Tensor, seed: Seed) -> tf.Tensor:
    """Apply transforms one after another, affine ones in a row as a single warp.

    Parameters
    ----------
    transforms : sequence of Transform
        In the order in which the picture meets them.
    images : tensor, shape (images, height, width, channels)
        Of any size.
    seed : two integers
        The same seed gives the same transforms.

    Returns
    -------
    tensor, shape (images, height, width, channels)
        Larger after `Pad`, smaller after `Crop`.
    """
    seeds = tf.unstack(tf.random.split(seed, max(len(transforms), 1)))
    pairs: Any = zip(transforms, seeds, strict=False)
    for affine, group in groupby(pairs, lambda pair: isinstance(pair[0], _Affine)):
        if affine:
            matrices = [one.matrices(tf.shape(images)[0], own) for one, own in group]
            images = warp(images, reduce(tf.linalg.matmul, matrices))
        else:
            images = reduce(lambda images, pair: pair[0](images, pair[1]), group, images)
    return images


def warp(images: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
    """Take every pixel from where a matrix says, between pixels by bilinear interpolation.

    Parameters
    ----------
    images : tensor, shape (images, height, width, channels)
        Of any size.
    matrices : tensor, shape (images, 3, 3)
        From (x, y, 1) of a pixel, counted from the centre, to those of its source. Outside the
        image its nearest pixel is taken.

    Returns
    -------
    tensor, shape (images, height, width, channels)
        With an exact gradient, unlike that of TensorFlow's projective transform, which turns the
        gradient back without regard to scale and borders.
    """
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    last = tf.cast(tf.stack([width, height]) - 1, tf.float32)
    columns, rows = tf.meshgrid(tf.range(width), tf.range(height))
    grid = tf.cast(tf.reshape(tf.stack([columns, rows], -1), [-1, 2]), tf.float32) - last / 2
    source = tf.linalg.matmul(grid, matrices[:, :2, :2], transpose_b=True)
    source = tf.clip_by_value(source + matrices[:, None, :2, 2] + last / 2, 0.0, last)
    return tf.reshape(_between_pixels(images, source), tf.shape(images))


def _between_pixels(images: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
    """Values (images, pixels, channels) at places (images, pixels, 2) of x and y."""
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    flat = tf.reshape(images, [tf.shape(images)[0], height * width, -1])
    least = tf.floor(source)
    share = source - least
    x, y = tf.unstack(tf.cast(least, tf.int32), axis=-1)
    right, below = tf.minimum(x + 1, width - 1), tf.minimum(y + 1, height - 1)

    def at(column: tf.Tensor, row: tf.Tensor) -> tf.Tensor:
        return tf.gather(flat, row * width + column, axis=1, batch_dims=1)

    across, down = share[..., :1], share[..., 1:]
    upper = at(x, y) * (1 - across) + at(right, y) * across
    lower = at(x, below) * (1 - across) + at(right, below) * across
    return upper * (1 - down) + lower * down


def _drawn(values: tuple[float, ...], count: Any, seed: Seed) -> tf.Tensor:
    places = tf.random.stateless_uniform([count], seed, 0, len(values), tf.int32)
    return tf.gather(tf.constant(values, tf.float32), places)


def _matrices(rows: list[list[Any]], count: Any) -> tf.Tensor:
    """Matrices (count, 3, 3) whose last row is (0, 0, 1); a number stands in all of them."""
    values = [tf.broadcast_to(value, [count]) for row in [*rows, [0.0, 0.0, 1.0]] for value in row]
    return tf.reshape(tf.stack(values, axis=1), [-1, 3, 3])
