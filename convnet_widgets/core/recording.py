"""What every layer of a network returned in one pass, however the layers are nested.

A layer's ``call`` is wrapped for the time of one pass and the wrapper notes what it
returns. That reaches layers inside nested and subclassed models, which no
``keras.Model(inputs, layer.output)`` does, and leaves the network as it was.
"""

import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

_patching = threading.RLock()


@dataclass(eq=False)
class Call:
    """One call of one layer: what it returned and the calls made inside it."""

    layer: keras.Layer
    output: Any = None
    channels_first: bool = False
    children: list["Call"] = field(default_factory=list)

    def named_children(self) -> Iterator[tuple[str, "Call"]]:
        """Path segments and calls: the layer's name, numbered where it comes more than once."""
        times = Counter(child.layer.name for child in self.children)
        seen: Counter[str] = Counter()
        for child in self.children:
            name = child.layer.name
            yield (f"{name}[{seen[name]}]" if times[name] > 1 else name), child
            seen[name] += 1


def record_calls(model: keras.Model, forward: Callable[[], Any]) -> Call:
    """Run `forward`, which calls `model`, and return the tree of layer calls it made.

    Parameters
    ----------
    model : keras.Model
        The network, built. Its layers are the same objects, unchanged, afterwards.
    forward : callable
        Runs the network once in this thread.

    Returns
    -------
    Call
        That of `model` itself.
    """
    recorder = _Recorder(Call(model))
    with _patching, ExitStack() as stack:
        for layer in model._flatten_layers():
            stack.enter_context(_kept_losses(layer))
            stack.enter_context(_wrapped_call(layer, recorder))
        forward()
    return recorder.root.children[0]


class _Recorder:
    def __init__(self, root: Call) -> None:
        self.root = root
        self.thread = threading.get_ident()
        self.stack = [root]
        self.channels_first = False

    def __call__(self, layer: keras.Layer, run: Callable[[], Any]) -> Any:
        if threading.get_ident() != self.thread:
            return run()
        call = Call(layer)
        self.stack[-1].children.append(call)
        self.stack.append(call)
        try:
            call.output = run()
        finally:
            self.stack.pop()
        self.channels_first = _channels_first(layer, self.channels_first)
        call.channels_first = self.channels_first
        return call.output


def _channels_first(layer: keras.Layer, before: bool) -> bool:
    """Whether the maps of `layer` have their channels first; layers that do not say keep it."""
    if isinstance(layer, keras.layers.Permute):
        return layer.dims[0] == (1 if before else len(layer.dims))
    data_format = getattr(layer, "data_format", None)
    return before if data_format is None else data_format == "channels_first"


@contextmanager
def _kept_losses(layer: keras.Layer) -> Iterator[None]:
    """Keep the losses of the user's last call, which a new call would clear."""
    losses, identities = list(layer._losses), set(layer._loss_ids)
    try:
        yield
    finally:
        layer._losses[:] = losses
        layer._loss_ids.clear()
        layer._loss_ids.update(identities)


@contextmanager
def _wrapped_call(layer: keras.Layer, recorder: _Recorder) -> Iterator[None]:
    name = "call" if getattr(layer, "quantization_mode", None) is None else "quantized_call"
    original = _untraced(getattr(layer, name))

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        return recorder(layer, lambda: original(*args, **kwargs))

    own = vars(layer).get(name)
    # not setattr: a Keras layer keeps track of what is set on it
    vars(layer)[name] = call
    try:
        yield
    finally:
        if own is None:
            del vars(layer)[name]
        else:
            vars(layer)[name] = own


def _untraced(function: Callable) -> Callable:
    """The same, without the graphs that a ``tf.function`` keeps: they change the user's state."""
    python = getattr(function, "python_function", None)
    return function if python is None else tf.function(python)
