"""A network's weights shuffled from its top downwards, beside the network itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..heads import Head
from ..layers import kernels
from ..tracing import Exchange, Trace


@dataclass(frozen=True)
class WeightedPart:
    """A layer with a kernel, and the layers with weights that follow it, as normalisations.

    Attributes
    ----------
    path : str
        Of the layer with the kernel.
    variables : tuple of tf.Variable
        All that these layers hold.
    """

    path: str
    variables: tuple[Any, ...]


def weighted_parts(model: keras.Model, traced: Trace, head: Head) -> list[WeightedPart]:
    """Parts of a network that the output of `head` depends on, the last called first."""
    layers = {id(layer): layer for layer in model._flatten_layers()}
    needed = traced.ancestors(head.returned)
    parts: list[WeightedPart] = []
    seen: set[int] = set()
    for path, output in traced.outputs.items():
        layer = layers[output.layer]
        variables = () if output.layer in seen else _own_variables(layer)
        is_unused = output.reached is not None and output.reached.op.name not in needed
        if is_unused or not variables:
            continue
        seen.add(output.layer)
        if kernels(layer) or not parts:
            parts.append(WeightedPart(path, variables))
        else:
            parts[-1] = WeightedPart(parts[-1].path, parts[-1].variables + variables)
    return parts[::-1]


def cascade(
    parts: Sequence[WeightedPart], stages: int, seed: int
) -> Iterator[tuple[str, Exchange]]:
    """Shuffle the weights of more and more parts.

    Parameters
    ----------
    parts : sequence of WeightedPart
        In the order in which they are shuffled.
    stages : int
        How often to stop: after the first part, after the last, and evenly between.
    seed : int
        Of the shuffling.

    Yields
    ------
    str
        Path of the last part that was shuffled.
    Exchange
        The same each time, further shuffled; what it replaces is left alone.
    """
    generator = np.random.default_rng(seed)
    own = {id(v.handle): tf.Variable(v) for part in parts for v in part.variables}
    exchange = Exchange(own)
    stops = set(np.rint(np.linspace(len(parts) - 1, 0, stages)).astype(int))
    for number, part in enumerate(parts):
        for variable in part.variables:
            values = variable.numpy()
            shuffled = generator.permutation(values.ravel()).reshape(values.shape)
            own[id(variable.handle)].assign(shuffled)
        if number in stops:
            yield part.path, exchange


def _own_variables(layer: keras.Layer) -> tuple[Any, ...]:
    """Weights of a layer without those of layers inside it."""
    held = [*layer._trainable_variables, *layer._non_trainable_variables]
    variables = (variable._value for variable in held)
    return tuple(v for v in variables if v.dtype.is_floating and v.shape.num_elements() > 1)
