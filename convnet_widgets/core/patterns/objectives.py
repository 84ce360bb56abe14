"""What gradient ascent maximises: a score for each image, made of a network's activations.

An objective names the layers that it reads and, called with their outputs, gives one number an
image. Objectives are added and multiplied by numbers: ``Channel("conv1", 3) - 0.1 *
Channel("conv1", 5)``. Losses of feature visualisation as in Olah, Mordvintsev and Schubert,
*Feature Visualization*, Distill 2017, doi:10.23915/distill.00007.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

Outputs = Mapping[str, tf.Tensor]
"""Outputs of layers by path, float32 (images, height, width, channels) or (images, units)."""

OUTPUT = ""
"""The path that stands for what the network itself returns."""


class Objective:
    """A score for each image of a batch; sums and multiples of objectives are objectives."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Paths of the layers whose outputs are read."""
        raise NotImplementedError

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return the scores, float32 (images,)."""
        raise NotImplementedError

    def __add__(self, other: "Objective") -> "Objective":
        return Sum(((1.0, self), (1.0, other)))

    def __sub__(self, other: "Objective") -> "Objective":
        return Sum(((1.0, self), (-1.0, other)))

    def __mul__(self, weight: float | int) -> "Objective":
        return Sum(((float(weight), self),))

    __rmul__ = __mul__

    def __neg__(self) -> "Objective":
        return self * -1.0


@dataclass(frozen=True)
class Sum(Objective):
    """A weighted sum of objectives.

    Parameters
    ----------
    terms : tuple of (float, Objective)
        Each weight multiplies its own objective.
    """

    terms: tuple[tuple[float, Objective], ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """Those of all terms, each once."""
        return tuple(dict.fromkeys(path for _, term in self.terms for path in term.layers))

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return ``Σ weight · score``."""
        return tf.add_n([weight * term(outputs) for weight, term in self.terms])


@dataclass(frozen=True)
class _OfLayer(Objective):
    layer: str

    @property
    def layers(self) -> tuple[str, ...]:
        """The one layer."""
        return (self.layer,)


@dataclass(frozen=True)
class _OfChannel(_OfLayer):
    channel: int | tuple[int, ...]

    def _maps(self, outputs: Outputs) -> tf.Tensor:
        """Maps (images, height, width) of the one channel, or of one for each image."""
        maps = outputs[self.layer]
        count, chosen = maps.shape[-1], np.atleast_1d(self.channel).tolist()
        if not all(0 <= one < count for one in chosen):
            raise IndexError(f"the layer {self.layer!r} has channels 0–{count - 1}; got {chosen}")
        if isinstance(self.channel, int | np.integer):
            return maps[..., int(self.channel)]
        if maps.shape[0] not in (None, len(chosen)):
            raise ValueError(
                f"expected a channel for each of {maps.shape[0]} images, or one for all; got "
                f"{len(chosen)}"
            )
        return tf.gather(maps, tf.constant(self.channel), axis=-1, batch_dims=1)


@dataclass(frozen=True)
class Channel(_OfChannel):
    """The mean of a channel over its map: ``mean over y, x of a[y, x, channel]``.

    Parameters
    ----------
    layer : str
        Path of the layer.
    channel : int or tuple of int
        The same for all images, or one for each.
    """

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return the mean of the channel for each image."""
        maps = self._maps(outputs)
        return tf.reduce_mean(maps, axis=range(1, maps.shape.rank))


@dataclass(frozen=True)
class OwnChannels(_OfLayer):
    """For each image the mean of its own channel, where there are as many channels as images."""

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return the mean of the first channel for the first image, and so on."""
        return tf.linalg.diag_part(_means(outputs[self.layer]))


@dataclass(frozen=True)
class Neuron(_OfChannel):
    """One value of a map: ``a[row, column, channel]``.

    Parameters
    ----------
    layer, channel
        As of `Channel`.
    row, column : int, optional
        The place in the map of the picture that is made; the middle, ``size // 2``, by default.
        Negative ones count from the end.
    """

    row: int | None = None
    column: int | None = None

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return the value at the place for each image."""
        maps = self._maps(outputs)
        if maps.shape.rank != 3:
            raise ValueError(
                f"the layer {self.layer!r} returns no maps (height, width) with a neuron at a "
                "place; take a Channel of it"
            )
        sizes = tf.shape(maps)
        places = [
            sizes[axis] // 2 if place is None else self._checked(name, place, maps.shape[axis])
            for axis, name, place in ((1, "row", self.row), (2, "column", self.column))
        ]
        return maps[:, places[0], places[1]]

    def _checked(self, name: str, place: int, size: int | None) -> int:
        if size is not None and not -size <= place < size:
            raise IndexError(
                f"a map of the layer {self.layer!r} has {name}s 0–{size - 1} for a picture of this "
                f"size; got {name} {place}"
            )
        return place


@dataclass(frozen=True)
class Direction(_OfLayer):
    """The activation along a direction in the space of channels, favoured where it is alike.

    ``dot · max(cos, 0.1) ** power`` with ``dot = mean over y, x of a[y, x] · v`` and the cosine
    between ``v`` and the mean of ``a``; with a power of 0 the dot product alone.

    Parameters
    ----------
    layer : str
        Path of the layer.
    vector : tuple of float
        A weight for each channel; scaled to length 1.
    power : float
        How much more a like direction counts than a large value.
    """

    vector: tuple[float, ...]
    power: float = 0.0

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return the score for each image."""
        means = _means(outputs[self.layer])
        if np.shape(self.vector) != (means.shape[-1],):
            raise ValueError(
                f"a direction of the layer {self.layer!r} has a number for each of its "
                f"{means.shape[-1]} channels; got numbers of shape {np.shape(self.vector)}"
            )
        vector = tf.math.l2_normalize(tf.constant(self.vector, tf.float32))
        dot = tf.linalg.matvec(means, vector)
        if self.power == 0:
            return dot
        cosine = dot / (tf.norm(means, axis=-1) + 1e-6)
        return dot * tf.maximum(cosine, 0.1) ** self.power


@dataclass(frozen=True)
class Activity(_OfLayer):
    """The mean square of a layer, what it already sees made more, as in DeepDream.

    Parameters
    ----------
    layer : str
        Path of the layer.
    """

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return ``mean of a²`` for each image."""
        maps = outputs[self.layer]
        return tf.reduce_mean(tf.square(maps), axis=range(1, maps.shape.rank))


@dataclass(frozen=True)
class Diversity(_OfLayer):
    """How little alike the pictures of one batch are to a layer.

    Minus the mean cosine between the Gram matrices of the channels of each two pictures.

    Parameters
    ----------
    layer : str
        Path of the layer.
    """

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return, for each image, minus its mean likeness to the others; 0 for a single one."""
        maps = outputs[self.layer]
        flat = tf.reshape(maps, [tf.shape(maps)[0], -1, maps.shape[-1]])
        gram = tf.linalg.matmul(flat, flat, transpose_a=True)
        rows = tf.math.l2_normalize(tf.reshape(gram, [tf.shape(gram)[0], -1]), axis=1)
        likeness = tf.linalg.matmul(rows, rows, transpose_b=True)
        others = tf.cast(tf.maximum(tf.shape(maps)[0] - 1, 1), tf.float32)
        return -(tf.reduce_sum(likeness, axis=1) - tf.linalg.diag_part(likeness)) / others


@dataclass(frozen=True)
class Output(Objective):
    """Any callable from what the network returns to a score for each image.

    Parameters
    ----------
    score : callable
        From a tensor (images, ...) to a tensor (images,).
    """

    score: Callable[[Any], Any]

    @property
    def layers(self) -> tuple[str, ...]:
        """The network's own output."""
        return (OUTPUT,)

    def __call__(self, outputs: Outputs) -> tf.Tensor:
        """Return what the callable gives, checked to be one number an image."""
        output = outputs[OUTPUT]
        scores = tf.convert_to_tensor(self.score(output))
        if scores.shape.rank != 1:
            raise ValueError(
                f"an objective gives one score for each image, shape (images,); {self.score} gave "
                f"{tuple(scores.shape)} for an output {tuple(output.shape)}"
            )
        return tf.cast(scores, tf.float32)


def _means(maps: tf.Tensor) -> tf.Tensor:
    """The mean over space, (images, channels)."""
    return tf.reduce_mean(maps, axis=range(1, maps.shape.rank - 1))
