"""A picture without a rim: what leaves a map on one side comes in on the other.

Convolutions that pad with zeros answer to the border of a picture, and gradient ascent then draws
the border. On a torus there is none, at nearly the price of the picture alone.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import layers

from ..recording import Call, Intercept, shadowed

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)


def wrapping(intercept: Intercept) -> Intercept:
    """Let layers that pad with zeros pad with the other side of their input.

    These are two-dimensional convolutions with padding ``same``, plain, depthwise and separable,
    at any stride and dilation, and ``ZeroPadding2D``. All other layers do what they do.

    Parameters
    ----------
    intercept : callable
        Makes each call, as `record_calls` asks for it.

    Returns
    -------
    callable
        The same, for calls on a torus.
    """

    def wrapped(call: Call, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        layer = call.layer
        if type(layer) is layers.ZeroPadding2D:
            axes = _axes(layer)
            return intercept(call, lambda maps: _padded(maps, layer.padding, axes), args, kwargs)
        if type(layer) not in _CONVOLUTIONS or layer.padding != "same":
            return intercept(call, function, args, kwargs)
        inputs = _padded(args[0], _margins(layer, tuple(args[0].shape)), _axes(layer))
        with shadowed(layer, "padding", "valid"):
            return intercept(call, function, (inputs, *args[1:]), kwargs)

    return wrapped


def wrap(maps: tf.Tensor, before: int, after: int, axis: int) -> tf.Tensor:
    """Continue maps at both ends of an axis with what is at the other end.

    Parameters
    ----------
    maps : tensor
        With a known length along the axis.
    before, after : int
        How far, from 0.
    axis : int
        The axis.

    Returns
    -------
    tensor
        Longer by ``before + after`` along the axis.
    """
    length = maps.shape[axis]
    if before + after > length:
        return tf.gather(maps, np.arange(-before, length + after) % length, axis=axis)

    @tf.custom_gradient
    def wrapped(maps: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        first, _, last = tf.split(maps, [after, length - after - before, before], axis)
        return tf.concat([last, maps, first], axis), folded

    def folded(gradient: tf.Tensor) -> tf.Tensor:
        # TensorFlow's own sums three arrays of the full size
        sizes = [before, after, length - after - before, before, after]
        low, first, middle, last, high = tf.split(gradient, sizes, axis)
        return tf.concat([first + high, middle, last + low], axis)

    return wrapped(maps)


def _padded(maps: tf.Tensor, margins: Sequence[Any], axes: tuple[int, int]) -> tf.Tensor:
    for axis, (before, after) in zip(axes, margins, strict=True):
        if before or after:
            maps = wrap(maps, before, after, axis)
    return maps


def _axes(layer: Any) -> tuple[int, int]:
    return (1, 2) if layer.data_format == "channels_last" else (2, 3)


def _margins(layer: Any, shape: Sequence[Any]) -> list[tuple[int, int]]:
    """How much ``same`` pads before and after along height and width."""
    sides = [shape[axis] for axis in _axes(layer)]
    strides = np.broadcast_to(layer.strides, 2).tolist()
    dilations = np.broadcast_to(layer.dilation_rate, 2).tolist()
    rows = zip(sides, layer.kernel_size, strides, dilations, strict=True)
    totals = [
        max((-(-side // stride) - 1) * stride + (size - 1) * dilation + 1 - side, 0)
        for side, size, stride, dilation in rows
    ]
    return [(total // 2, total - total // 2) for total in totals]
