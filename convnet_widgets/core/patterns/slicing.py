"""What some layers return in one pass: all of it, some channels, or before the activation."""

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import keras
import tensorflow as tf
from keras import activations, layers, ops

from ..layer_outputs import channels_last
from ..recording import Call, shadowed

_PLAIN = (layers.Conv1D, layers.Conv2D, layers.Conv3D, layers.Dense)
# layers that are nothing but an activation
_ACTIVATIONS = (layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU, layers.Softmax)
# of a value alone, so that a channel does not depend on the others
_ELEMENTWISE = (
    *(activations.linear, activations.relu, activations.relu6, activations.leaky_relu),
    *(activations.elu, activations.selu, activations.gelu, activations.silu, activations.mish),
    *(activations.sigmoid, activations.tanh, activations.softplus, activations.softsign),
    *(activations.hard_sigmoid, activations.hard_silu, activations.exponential),
)


class Taken:
    """Takes outputs of layers out of one pass, as `record_calls` runs it.

    Parameters
    ----------
    places : set of str
        Of the calls whose outputs are taken.
    filters : sequence of int, tensor, or None
        The channels, in this order. Of a plain convolution or dense layer no others are
        computed, which only the last layer of a pass may do.
    pre_activation : bool
        Whether to take what goes into the layer's own activation.
    """

    def __init__(
        self,
        places: Set[str],
        filters: Sequence[int] | tf.Tensor | None,
        pre_activation: bool,
    ) -> None:
        self._places = places
        self._filters = filters
        self._pre_activation = pre_activation
        self._sliced = False
        self._calls: dict[str, Call] = {}
        self._before: dict[str, Any] = {}

    def intercept(self, call: Call, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Make the call, the wanted ones so that what is to be taken of them is noted."""
        if call.place not in self._places:
            return function(*args, **kwargs)
        if self._filters is not None and self._is_sliceable(call.layer, function):
            self._sliced = True
            return self._slice(call.layer, args[0])
        with _noted_activation(call.layer) as before:
            output = function(*args, **kwargs)
        if isinstance(call.layer, _ACTIVATIONS):
            before.append(args[0])
        if before and self._pre_activation:
            self._before[call.place] = before[-1]
        return output

    def is_complete(self, call: Call) -> bool:
        """Note the call, if it is a wanted one, and tell whether it was the last."""
        if call.place in self._places:
            self._calls[call.place] = call
        return len(self._calls) == len(self._places)

    def maps(self, place: str) -> tf.Tensor:
        """What was taken at a place, float32, channels last."""
        call = self._calls.get(place)
        if call is None:
            raise ValueError(
                f"the layer {place!r} is not called when the network runs: it returns nothing"
            )
        tensors = keras.tree.flatten(self._before.get(place, call.output))
        if len(tensors) != 1 or not _is_within_reach(tensors[0]):
            raise ValueError(
                f"{f'the layer {place!r}' if place else 'the network'} returns no single tensor "
                "that can be read from outside; ask for a layer before, after or inside it"
            )
        maps = channels_last(tensors[0], call.channels_first)
        if self._filters is None or self._sliced:
            return maps
        return tf.gather(maps, self._filters, axis=-1)

    def _is_sliceable(self, layer: keras.Layer, function: Callable) -> bool:
        own = getattr(function, "__func__", None) is type(layer).call
        return own and is_sliceable(layer, self._pre_activation)

    def _slice(self, layer: keras.Layer, inputs: Any) -> Any:
        kernel = ops.take(layer.kernel, self._filters, axis=-1)
        dense = isinstance(layer, layers.Dense)
        outputs = ops.matmul(inputs, kernel) if dense else layer.convolution_op(inputs, kernel)
        if layer.use_bias:
            bias = ops.take(layer.bias, self._filters)
            last = dense or layer.data_format == "channels_last"
            outputs = ops.add(outputs, bias if last else ops.reshape(bias, (-1, *[1] * layer.rank)))
        if self._pre_activation or layer.activation is None:
            return outputs
        return layer.activation(outputs)


def is_sliceable(layer: keras.Layer, pre_activation: bool) -> bool:
    """Whether some channels of a layer can be computed without the others."""
    return (
        type(layer) in _PLAIN
        and layer.quantization_mode is None
        and getattr(layer, "groups", 1) == 1
        and getattr(layer, "padding", "") != "causal"
        and (pre_activation or layer.activation is None or layer.activation in _ELEMENTWISE)
    )


@contextmanager
def _noted_activation(layer: keras.Layer) -> Iterator[list[Any]]:
    """Note what goes into a layer's own activation, for this thread."""
    noted: list[Any] = []
    activation = vars(layer).get("activation")
    if not callable(activation):
        yield noted
        return
    thread = get_ident()

    def note(x: Any, *args: Any, **kwargs: Any) -> Any:
        if get_ident() == thread:
            noted.append(x)
        return activation(x, *args, **kwargs)

    with shadowed(layer, "activation", note):
        yield noted


def _is_within_reach(output: Any) -> bool:
    if not isinstance(output, tf.Tensor) or output.shape.rank is None:
        return False
    return output.graph is tf.compat.v1.get_default_graph()
