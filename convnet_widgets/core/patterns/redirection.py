"""Gradients that ReLUs let through where they would block all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

_PREFIX = "ConvnetWidgetsRedirected"


@contextmanager
def redirected_gradients() -> Iterator[None]:
    """Redirect the gradients of all ReLUs that are added to the current graph.

    Where a ReLU would block all of the gradient of an image, it lets pass what pushes its input
    back to where the ReLU is active: positive gradients where the input is too low, negative
    ones where it is beyond 6. Everywhere else the gradient is the plain one. The rule is that of
    Lucid, https://github.com/tensorflow/lucid, ``misc/redirected_relu_grad.py``, there for the
    gradient of a loss, here for that of what shall grow.

    Only ``tf.gradients`` asks the graph; a ``tf.GradientTape`` does not.
    """
    graph = tf.compat.v1.get_default_graph()
    with graph.gradient_override_map({kind: _PREFIX + kind for kind in ("Relu", "Relu6")}):
        yield


@tf.RegisterGradient(f"{_PREFIX}Relu")
def _redirected_relu(operation: Any, gradient: tf.Tensor) -> tf.Tensor:
    return _redirected(gradient, operation.inputs[0] <= 0, False)


@tf.RegisterGradient(f"{_PREFIX}Relu6")
def _redirected_relu6(operation: Any, gradient: tf.Tensor) -> tf.Tensor:
    x = operation.inputs[0]
    return _redirected(gradient, x <= 0, x >= 6)


def _redirected(gradient: tf.Tensor, low: Any, high: Any) -> tf.Tensor:
    zeros = tf.zeros_like(gradient)
    plain = tf.where(low | high, zeros, gradient)
    pushes_out = (low & (gradient < 0)) | (high & (gradient > 0))
    axes = range(1, gradient.shape.rank)
    passes = tf.reduce_any(plain != 0, axis=axes, keepdims=True)
    return tf.where(passes, plain, tf.where(pushes_out, zeros, gradient))
