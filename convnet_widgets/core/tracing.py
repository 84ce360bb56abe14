"""Networks compiled once, with every layer's output within reach.

A network is traced into one TensorFlow graph; a function for any set of layers is
then cut out of it without running Python again, so that a second image, or another
layer of the same image, is never traced anew.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import keras
import tensorflow as tf

from .layer_outputs import Output, as_float, layer_output, tensors_in
from .recording import Call, record_calls
from .signatures import Signature
from .subgraphs import SubgraphCutter

_TRACES_KEPT = 4  # input signatures for each network
_FUNCTIONS_KEPT = 32  # sets of layers for each signature
_lock = threading.RLock()
_traces: weakref.WeakKeyDictionary[keras.Model, OrderedDict[Any, "Trace"]] = (
    weakref.WeakKeyDictionary()
)
_Value = TypeVar("_Value")

Ends = tuple[Sequence[tf.Tensor], Sequence[tf.Tensor]]
"""Of a part of a graph: what to fetch, and what to feed."""
Build = Callable[[], Ends]


@dataclass(frozen=True, eq=False)
class Exchange:
    """Variables in place of a network's own, and the functions that read them.

    Attributes
    ----------
    variables : mapping of int to tf.Variable
        By the identity of the handle that they stand for, as of `SubgraphCutter.cut`.
    functions : mapping of Trace to dict
        Those cut out of each graph, by key.
    """

    variables: Mapping[int, Any] = field(default_factory=dict)
    functions: weakref.WeakKeyDictionary["Trace", OrderedDict[Hashable, Callable]] = field(
        default_factory=weakref.WeakKeyDictionary
    )


class Trace:
    """One graph of a network for one input signature.

    Attributes
    ----------
    outputs : dict of str to Output
        What each layer call returned, by path, inner calls before outer ones.
    returned : list of str
        Names of what the network itself returns: keys where that is a dict, else places.
    results : list of tf.Tensor
        The very tensors of these names; a number for each image, (batch,), as (batch, 1).
    inputs : list of tf.Tensor
        The flat inputs.
    signature : Signature
        What the network was traced for.
    """

    def __init__(
        self,
        model: keras.Model,
        signature: Signature,
        during: Callable[[], AbstractContextManager] = nullcontext,
    ) -> None:
        self.outputs: dict[str, Output] = {}
        self.returned: list[str] = []
        self.results: list[tf.Tensor] = []
        self.inputs: list[tf.Tensor] = []
        self.signature = signature
        self._parts = [_reference(part) for part in _parts(model)]
        self._own = Exchange()
        self._known: dict[Hashable, Any] = {}
        self._built: dict[Hashable, Ends] = {}
        # the graph must not keep the network alive
        reference = weakref.ref(model)

        def forward(*inputs: tf.Tensor) -> list[tf.Tensor]:
            network: Any = reference()
            self.inputs = list(inputs)
            with keras.StatelessScope(collect_losses=True), during():
                root = record_calls(
                    network, lambda: network(signature.pack(inputs), training=False)
                )
            self._collect(root, "")
            results = tensors_in(root.output)
            self.returned = list(results)
            self.results = [_with_classes(tensor) for tensor in results.values()]
            return [as_float(tensor) for tensor in results.values()]

        graph = tf.compat.v1.wrap_function(forward, list(signature.specs))
        self._floats = graph.structured_outputs
        self._cutter = SubgraphCutter(graph, signature.specs)

    @property
    def is_current(self) -> bool:
        """Whether all that the graph was made of is still there."""
        return all(part() is not None for part in self._parts)

    def _collect(self, parent: Call, prefix: str) -> None:
        for name, call in parent.named_children():
            path = prefix + name
            self._collect(call, f"{path}/")
            self.outputs[path] = layer_output(call)

    def function(self, paths: Sequence[str] | None = None) -> Callable:
        """Function of the flat inputs that returns the maps of `paths` from one forward pass.

        Without `paths` it returns what the network itself returns, flat, as float32.
        """
        key = None if paths is None else tuple(paths)

        def build() -> Ends:
            return self._floats if key is None else [self.outputs[p].maps for p in key], []

        return self.derived(key, build)

    def derived(
        self,
        key: Hashable,
        build: Build,
        exchanged: Exchange | None = None,
    ) -> Callable:
        """Function of the flat inputs and of feeds, with operations that `build` adds to the graph.

        Parameters
        ----------
        key : hashable
            What is equal for equal functions; for one that is there, `build` is not asked.
        build : callable
            Called with the graph open; returns what to fetch and what to feed.
        exchanged : Exchange, optional
            Variables to read instead of the network's; it keeps such functions.
        """
        exchanged = exchanged or self._own
        with _lock:
            kept = exchanged.functions.setdefault(self, OrderedDict())
            return _remembered(
                kept, key, _FUNCTIONS_KEPT, lambda: self._cut(key, build, exchanged.variables)
            )

    def known(self, key: Hashable, find: Callable[[], _Value]) -> _Value:
        """What was found out about this graph, once."""
        with _lock:
            if key not in self._known:
                self._known[key] = find()
            return self._known[key]

    def ancestors(self, tensor: tf.Tensor) -> Collection[str]:
        """Names of the operations that a tensor of the graph needs, its own among them."""
        return self._cutter.ancestors([tensor])

    def _cut(self, key: Hashable, build: Build, variables: Mapping[int, Any]) -> Callable:
        if key not in self._built:
            with self._cutter.extended():
                self._built[key] = build()
        return self._cutter.cut(*self._built[key], variables)


def trace(
    model: keras.Model,
    signature: Signature,
    variant: Hashable = None,
    during: Callable[[], AbstractContextManager] = nullcontext,
) -> Trace:
    """The graph of a built `model` for `signature`: the one at hand, or a new one.

    It is traced anew once layers were exchanged, renamed, or given another activation or
    other variables. Each `variant` has a graph of its own, traced with `during` entered.
    """
    key = (_fingerprint(model), signature.key, variant)
    with _lock:
        kept = _traces.setdefault(model, OrderedDict())
        if key in kept and not kept[key].is_current:
            del kept[key]  # something new lives at the address of what is gone
        return _remembered(kept, key, _TRACES_KEPT, lambda: Trace(model, signature, during))


def _remembered(
    kept: OrderedDict[Any, _Value], key: Any, most: int, make: Callable[[], _Value]
) -> _Value:
    """The value of `key`, made when absent; the one used longest ago goes."""
    if key not in kept:
        kept[key] = make()
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept[key]


def _fingerprint(model: keras.Model) -> int:
    return hash(
        tuple(
            (layer.name, layer.dtype_policy.name, *map(id, _parts_of(layer)))
            for layer in model._flatten_layers()
        )
    )


def _parts(model: keras.Model) -> Iterator[Any]:
    for layer in model._flatten_layers():
        yield from _parts_of(layer)


def _parts_of(layer: keras.Layer) -> Iterator[Any]:
    """What a graph is made of and the user may exchange."""
    yield layer
    yield getattr(layer, "activation", None)
    yield from layer._trainable_variables


def _reference(part: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(part)
    except TypeError:  # None, and functions written in C, which hold no network
        return lambda: (part,)


def _with_classes(tensor: tf.Tensor) -> tf.Tensor:
    return tf.expand_dims(tensor, -1) if tensor.shape.rank == 1 else tensor
