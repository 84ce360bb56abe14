"""The precision of a network's computation, other than its own for the time of one pass."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import get_ident
from typing import Literal, cast

import keras
import tensorflow as tf

from ..recording import shadowed
from ..running import run
from ..signatures import declares_inputs

Precision = Literal["float32", "bfloat16"]

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
_CLEAR_WIN = 1.3
_RUNS = 3
_IMAGES = (2, 64, 64, 64)  # on smaller ones much of the time is none of the convolution's


@contextmanager
def computing_in(model: keras.Model, precision: Precision) -> Iterator[None]:
    """Let the layers of a network compute in a precision, in this thread.

    Only within the `forward` of `record_calls`. Weights stay float32; layers whose weights are
    of another type, or quantised, compute as they always do.

    Parameters
    ----------
    model : keras.Model
        Unchanged afterwards.
    precision : {"float32", "bfloat16"}
        With bfloat16 a value has 8 significant bits instead of 24.
    """
    with ExitStack() as stack:
        for layer in model._flatten_layers():
            if _is_adaptable(layer) and layer.compute_dtype != precision:
                policy = _PolicyOfThread(_POLICIES[precision], layer.dtype_policy)
                stack.enter_context(shadowed(layer, "_dtype_policy", policy))
        yield


def checked_precision(precision: str) -> Precision:
    """The precision itself.

    Raises
    ------
    ValueError
        If it is none of those that a network computes in.
    """
    if precision not in _POLICIES:
        raise ValueError(f"a network computes in {' or '.join(_POLICIES)}, not in {precision!r}")
    return cast(Precision, precision)


@cache
def fastest_precision() -> Precision:
    """The precision in which this processor is faster, measured once in a process.

    A 3 × 3 convolution of 64 channels runs forward and backward in both, in turn; bfloat16 has to
    be faster by a third, as it is where the processor has instructions for it.

    Returns
    -------
    {"float32", "bfloat16"}
    """
    jobs = [(_gradient(dtype), tf.ones(_IMAGES, dtype)) for dtype in (tf.float32, tf.bfloat16)]
    try:
        # the first run compiles
        _, *times = [[_seconds(*job) for job in jobs] for _ in range(1 + _RUNS)]
    except tf.errors.OpError:  # this processor has no bfloat16
        return "float32"
    # what else the machine does can only add to a time
    float32, bfloat16 = (min(of_one) for of_one in zip(*times, strict=True))
    return "bfloat16" if float32 / bfloat16 > _CLEAR_WIN else "float32"


def _is_adaptable(layer: keras.Layer) -> bool:
    # a functional network only passes on; in bfloat16 it would round its images
    if isinstance(layer, keras.Model) and declares_inputs(layer):
        return False
    floating = layer.compute_dtype in ("float32", "bfloat16", "float16")
    return floating and layer.variable_dtype == "float32" and layer.quantization_mode is None


class _PolicyOfThread(keras.DTypePolicy):
    """A policy for this thread; another that calls the network meanwhile keeps its own."""

    def __init__(self, name: str, other: keras.DTypePolicy) -> None:
        super().__init__(name)
        self._thread = get_ident()
        self._other = other

    @property
    def compute_dtype(self) -> str:
        here = get_ident() == self._thread
        return self._compute_dtype if here else self._other.compute_dtype


def _seconds(gradient: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor) -> float:
    start = time.perf_counter()
    run(gradient, [images])[0].numpy()
    return time.perf_counter() - start


def _gradient(dtype: tf.DType) -> Callable[[tf.Tensor], tf.Tensor]:
    """A convolution forward and backward: squared, since its own gradient is a constant."""
    kernel = tf.ones([3, 3, 64, 64], dtype)

    @tf.function(autograph=False)
    def gradient(images: tf.Tensor) -> tf.Tensor:
        return tf.gradients(tf.square(tf.nn.conv2d(images, kernel, 1, "SAME")), images)[0]

    return gradient
