"""Random square boxes of a picture, that get smaller while it is made."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf

from .transforms import Seed, Transform


@runtime_checkable
class Scheduled(Protocol):
    """A frozen dataclass that is another transform at every step."""

    def at(self, progress: Any) -> Transform:
        """Return the transform for a step, `progress` going from 0 to 1."""


@dataclass(frozen=True)
class Boxes:
    """A square box at a random place about the middle, resized; all images get the same.

    The place is drawn from N(½, 0.15²), the side from N(side, 0.05²), at least 0.05, as shares of
    the picture; ``side`` goes from `first` to `last`. As in Fel et al. 2023, *Unlocking Feature
    Visualization for Deeper Networks with MAgnitude Constrained Optimization*, arXiv:2306.06805,
    without the noise added there; outside the picture there is mid-grey.

    Parameters
    ----------
    pixels : int
        Side of what the network sees.
    first, last : float
        Mean side of the box at the first and at the last step.
    """

    pixels: int
    first: float = 0.5
    last: float = 0.05

    def at(self, progress: Any) -> Transform:
        """Return the transform that draws boxes of the size at `progress`."""
        return _Box(self.pixels, self.first + (self.last - self.first) * progress)


@dataclass(frozen=True, eq=False)
class _Box:
    pixels: int
    side: Any

    def __call__(self, images: tf.Tensor, seed: Seed) -> tf.Tensor:
        y, x, deviation = tf.unstack(tf.random.stateless_normal([3], seed))
        half = tf.maximum(self.side + 0.05 * deviation, 0.05) / 2
        y, x = 0.5 + 0.15 * y, 0.5 + 0.15 * x
        count = tf.shape(images)[0]
        boxes = tf.tile(tf.stack([y - half, x - half, y + half, x + half])[None], [count, 1])
        size = [self.pixels, self.pixels]
        grey = 127.5
        return tf.image.crop_and_resize(
            images, boxes, tf.range(count), size, extrapolation_value=grey
        )
