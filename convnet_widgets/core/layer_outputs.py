"""What the calls of layers returned, as tensors of the graph that they were made in."""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from .recording import Call


@dataclass(frozen=True)
class Output:
    """What one layer call returned.

    Attributes
    ----------
    layer : int
        Identity of the layer.
    shape : tuple or None
        Shape as Keras would print it; None where no single tensor was returned.
    maps : tf.Tensor or None
        The same as float32 with the channels last; None where the tensor is out of reach,
        as inside a loop.
    tensor : tf.Tensor or None
        The very tensor that went on through the network; None where `maps` is.
    channels_first : bool
        Whether that has its channels first.
    kind : str
        Class of the layer.
    repeated : bool
        Whether the tensor is that of a layer inside this one.
    """

    layer: int
    shape: tuple[int | None, ...] | None
    maps: tf.Tensor | None
    repeated: bool
    tensor: tf.Tensor | None = None
    channels_first: bool = False
    kind: str = ""

    @property
    def reached(self) -> tf.Tensor:
        """The tensor that went on, where it is within reach."""
        if self.tensor is None:
            raise ValueError("what the layer returned is out of reach")
        return self.tensor


def tensors_in(output: Any) -> dict[str, tf.Tensor]:
    """The tensors in what a network returned, by their place in it."""
    leaves = keras.tree.flatten_with_path(output)
    return {"/".join(map(str, path)): leaf for path, leaf in leaves if isinstance(leaf, tf.Tensor)}


def layer_output(call: Call) -> Output:
    """What a call returned, with the maps where its tensor is within reach."""
    output = call.output
    if not isinstance(output, tf.Tensor) or output.shape.rank is None:
        return Output(id(call.layer), None, None, repeated=False)
    here = output.graph is tf.compat.v1.get_default_graph() and _is_real(output)
    return Output(
        layer=id(call.layer),
        shape=tuple(output.shape),
        maps=channels_last(output, call.channels_first) if here else None,
        repeated=any(output is child.output for child in call.children),
        tensor=output if here else None,
        channels_first=call.channels_first,
        kind=type(call.layer).__name__,
    )


def channels_last(output: tf.Tensor, channels_first: bool) -> tf.Tensor:
    """What a layer returned, as float32 with the channels last."""
    rank = output.shape.rank
    if channels_first and rank > 2:
        output = tf.transpose(output, [0, *range(2, rank), 1])
    return as_float(output)


def as_float(tensor: tf.Tensor) -> tf.Tensor:
    """The same numbers as float32."""
    # the identity, since a layer may return the very input of the graph
    return tf.identity(tf.cast(tensor, tf.float32) if _is_real(tensor) else tensor)


def _is_real(tensor: tf.Tensor) -> bool:
    return tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool
