"""Seeded random weights: the same for the same seed, and nobody else's random state disturbed."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from .weight_files import fill_in_pieces

_KERNELS = {
    "kernel_initializer": ("kernel",),
    "depthwise_initializer": ("depthwise_kernel", "kernel"),
    "pointwise_initializer": ("pointwise_kernel",),
}


class _Deferred(keras.initializers.Zeros):
    """Stands for Glorot's uniform initialiser until the model is there."""


def build_empty(constructor: Callable[..., Any], **keywords: Any) -> keras.Model:
    """Build a network whose weights are about to be loaded.

    Parameters
    ----------
    constructor : callable
        Of a Keras model.
    **keywords
        For the constructor.

    Returns
    -------
    keras.Model
        Where Keras would draw from Glorot's uniform distribution, its default,
        there are zeros: drawing takes VGG16 three seconds.
    """
    with _own_random_state(0):
        model, _ = _build(constructor, keywords)
    return model


def build_random(constructor: Callable[..., Any], seed: int, **keywords: Any) -> keras.Model:
    """Build a network with random weights.

    Parameters
    ----------
    constructor : callable
        Of a Keras model.
    seed : int
        The same seed gives the same weights.
    **keywords
        For the constructor.

    Returns
    -------
    keras.Model
        Weights from the distributions that its layers name. The random states
        of Python, NumPy and TensorFlow are as before.
    """
    with _own_random_state(seed):
        model, kernels = _build(constructor, keywords)
    generator = np.random.default_rng(seed)
    for kernel in kernels:
        _fill_glorot_uniform(kernel, generator)
    return model


@contextmanager
def _own_random_state(seed: int) -> Iterator[None]:
    # Keras's initialisers draw the seeds that they are not given from Python's module.
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def _build(
    constructor: Callable[..., Any], keywords: dict[str, Any]
) -> tuple[keras.Model, list[Any]]:
    with keras.utils.custom_object_scope({"glorot_uniform": _Deferred}):
        model = constructor(**keywords)
    kernels = []
    for layer in _flatten(model):
        for attribute, names in _KERNELS.items():
            if isinstance(getattr(layer, attribute, None), _Deferred):
                setattr(layer, attribute, keras.initializers.GlorotUniform())
                kernels.append(next(getattr(layer, n) for n in names if hasattr(layer, n)))
    return model, kernels


def _fill_glorot_uniform(kernel: Any, generator: np.random.Generator) -> None:
    """Draw from U(−a, a), a = √(6 / (fan in + fan out)), piece by piece in place."""
    *window, inputs, outputs = kernel.shape
    limit = np.float32(6 / (np.prod(window, initial=1) * (inputs + outputs))) ** 0.5

    def piece(rows: slice) -> np.ndarray:
        values = generator.random((rows.stop - rows.start, *kernel.shape[1:]), "float32")
        values *= 2 * limit
        values -= limit
        return values

    fill_in_pieces(kernel, piece)


def _flatten(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        yield from _flatten(layer) if isinstance(layer, keras.Model) else (layer,)
