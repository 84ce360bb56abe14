"""How gradient ascent moves: from the gradient of a step to the change of what is varied.

An optimiser keeps nothing itself. What it remembers from step to step are its slots, which it is
given and gives back. The first axis of all arrays is that of the images, none of which depends on
another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import tensorflow as tf

Slots = tuple[tf.Tensor, ...]


@runtime_checkable
class Optimiser(Protocol):
    """A frozen dataclass that makes of gradients changes uphill."""

    def slots(self, values: tf.Tensor) -> Slots:
        """Return what is remembered before the first step."""

    def change(self, gradient: tf.Tensor, slots: Sequence[Any], number: Any) -> Any:
        """Return what to add to the values, and the new slots.

        Parameters
        ----------
        gradient : tensor, shape (images, ...)
            Of the scores, which shall grow.
        slots : sequence of tensor
            As the step before returned them.
        number : tensor
            Of the step, from 0.
        """


@dataclass(frozen=True)
class NormalisedGradient:
    """The gradient of each image, brought to a root mean square of one step.

    ``step · decay ** number · g / (√(mean of g²) + 1e-5)``; with a step of 1 and no decay as in
    Chollet, *Deep Learning with Python*, section 5.4.2.

    Parameters
    ----------
    step : float
        Root mean square of the first change.
    decay : float
        What a step is to the one before.
    smooth : bool
        Whether each pixel's gradient is first averaged with those of its neighbours, by weights of
        1, 2, 1 along height and width, around the edges: of steps as long, smooth ones lead higher.
    """

    step: float = 1.0
    decay: float = 1.0
    smooth: bool = False

    def slots(self, values: tf.Tensor) -> Slots:  # noqa: ARG002
        """Return nothing."""
        return ()

    def change(self, gradient: tf.Tensor, slots: Sequence[Any], number: Any) -> Any:
        """Return the scaled gradient."""
        length = self.step * tf.pow(self.decay, tf.cast(number, tf.float32))
        return length * normalised(_smoothed(gradient) if self.smooth else gradient), slots


@dataclass(frozen=True)
class Momentum:
    """The sum of all normalised gradients so far, older ones counting less.

    ``v ← momentum · v + g / (√(mean of g²) + 1e-5)``, of which a step is ``step · v``.

    Parameters
    ----------
    step : float
        Root mean square of the first change.
    momentum : float
        What a gradient counts one step later, from 0 to below 1.
    """

    step: float
    momentum: float = 0.5

    def slots(self, values: tf.Tensor) -> Slots:
        """Return the velocity."""
        return (tf.zeros_like(values),)

    def change(self, gradient: tf.Tensor, slots: Sequence[Any], number: Any) -> Any:  # noqa: ARG002
        """Return a step along the velocity."""
        velocity = self.momentum * slots[0] + normalised(gradient)
        return self.step * velocity, (velocity,)


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015, arXiv:1412.6980), uphill.

    Parameters
    ----------
    rate : float
        About the change of each value in a step.
    beta1, beta2 : float
        What mean and square of the gradient keep from step to step.
    epsilon : float
        Added to the root of the square.
    """

    rate: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def slots(self, values: tf.Tensor) -> Slots:
        """Return the means of the gradient and of its square."""
        return (tf.zeros_like(values), tf.zeros_like(values))

    def change(self, gradient: tf.Tensor, slots: Sequence[Any], number: Any) -> Any:
        """Return the mean over the root of the mean square, both without their lag."""
        time = tf.cast(number, tf.float32) + 1
        mean, square = _moments(gradient, slots, self.beta1, self.beta2)
        unlagged = mean / (1 - tf.pow(self.beta1, time))
        root = tf.sqrt(square / (1 - tf.pow(self.beta2, time)))
        return self.rate * unlagged / (root + self.epsilon), (mean, square)


@dataclass(frozen=True)
class Nadam(Adam):
    """Adam that looks a step ahead (Dozat 2016), its momentum growing as Keras's does.

    Parameters
    ----------
    rate, beta1, beta2, epsilon : float
        As of `Adam`.
    """

    rate: float = 1.0
    epsilon: float = 1e-7

    def slots(self, values: tf.Tensor) -> Slots:
        """Return the means of the gradient and of its square, and the product of momenta."""
        return (*super().slots(values), tf.ones([]))

    def change(self, gradient: tf.Tensor, slots: Sequence[Any], number: Any) -> Any:
        """Return the step that the next one's momentum would make of this gradient."""
        time = tf.cast(number, tf.float32) + 1
        now, ahead = self._momentum(time), self._momentum(time + 1)
        mean, square = _moments(gradient, slots, self.beta1, self.beta2)
        product = slots[2] * now
        unlagged = ahead * mean / (1 - product * ahead) + (1 - now) * gradient / (1 - product)
        root = tf.sqrt(square / (1 - tf.pow(self.beta2, time)))
        return self.rate * unlagged / (root + self.epsilon), (mean, square, product)

    def _momentum(self, time: tf.Tensor) -> tf.Tensor:
        return self.beta1 * (1 - 0.5 * tf.pow(0.96, time))


def normalised(gradient: tf.Tensor) -> tf.Tensor:
    """Return the gradient of each image over its root mean square, ``+ 1e-5``."""
    axes = range(1, gradient.shape.rank)
    root = tf.sqrt(tf.reduce_mean(tf.square(gradient), axis=axes, keepdims=True))
    return gradient / (root + 1e-5)


def _smoothed(gradient: tf.Tensor) -> tf.Tensor:
    for axis in (1, 2):
        neighbours = tf.roll(gradient, 1, axis) + tf.roll(gradient, -1, axis)
        gradient = gradient / 2 + neighbours / 4
    return gradient


def _moments(
    gradient: tf.Tensor, slots: Sequence[Any], beta1: float, beta2: float
) -> tuple[tf.Tensor, tf.Tensor]:
    mean = beta1 * slots[0] + (1 - beta1) * gradient
    return mean, beta2 * slots[1] + (1 - beta2) * tf.square(gradient)
