"""What every layer of a network returned in one pass, however the layers are nested.

A layer's ``call`` is wrapped for the time of one pass and the wrapper notes what it
returns. That reaches layers inside nested and subclassed models, which no
``keras.Model(inputs, layer.output)`` does, and leaves the network as it was.
"""

import functools
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

_patching = threading.RLock()
_FIRST = re.compile(r"\[0\](?=/|$)")


@dataclass(eq=False)
class Call:
    """One call of one layer: what it returned and the calls made inside it.

    Its place is its path as known while the pass still runs: the second and later calls of one
    name are numbered from 1, the first is not. That of the network itself is empty.
    """

    layer: keras.Layer
    place: str = ""
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


Intercept = Callable[[Call, Callable, tuple, dict[str, Any]], Any]


def as_place(path: str) -> str:
    """The place of a path as the table of layers writes it."""
    return _FIRST.sub("", path)


class _Enough(BaseException):
    """Ends a pass; no error, so that a network that catches errors lets it through."""


def record_calls(
    model: keras.Model,
    forward: Callable[[], Any],
    *,
    intercept: Intercept | None = None,
    until: Callable[[Call], bool] | None = None,
) -> Call:
    """Run `forward`, which calls `model`, and return the tree of layer calls it made.

    Parameters
    ----------
    model : keras.Model
        The network, built. Its layers are the same objects, unchanged, afterwards.
    forward : callable
        Runs the network once in this thread.
    intercept : callable, optional
        Makes each call: of the call, the layer's own function, its positional and its named
        arguments, it returns what the layer shall return.
    until : callable, optional
        Asked after each call whether that was the last one needed; the pass ends there.

    Returns
    -------
    Call
        That of `model` itself.
    """
    recorder = _Recorder(Call(model), intercept or _as_it_is, until or _never)
    with _patching, ExitStack() as stack:
        for layer in model._flatten_layers():
            stack.enter_context(_kept_losses(layer))
            stack.enter_context(_wrapped_call(layer, recorder))
        with suppress(_Enough):
            forward()
    return recorder.root.children[0]


@contextmanager
def shadowed(layer: keras.Layer, name: str, value: Any) -> Iterator[None]:
    """Give a layer another attribute for a time, unnoticed by Keras.

    Only within the `forward` of `record_calls`, since no two may do so to one layer at a time.
    """
    there = name in vars(layer)
    own = vars(layer).get(name)
    # not setattr: a Keras layer keeps track of what is set on it
    vars(layer)[name] = value
    try:
        yield
    finally:
        if there:
            vars(layer)[name] = own
        else:
            del vars(layer)[name]


def _as_it_is(_call: Call, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


def _never(_call: Call) -> bool:
    return False


class _Recorder:
    def __init__(self, root: Call, intercept: Intercept, until: Callable[[Call], bool]) -> None:
        self.root = root
        self.intercept = intercept
        self.until = until
        self.thread = threading.get_ident()
        self.stack = [root]
        self.channels_first = False

    def __call__(
        self, layer: keras.Layer, function: Callable, args: tuple, kwargs: dict[str, Any]
    ) -> Any:
        if threading.get_ident() != self.thread:
            return function(*args, **kwargs)
        call = Call(layer, self._place(layer.name))
        self.stack[-1].children.append(call)
        self.stack.append(call)
        try:
            call.output = self.intercept(call, function, args, kwargs)
        finally:
            self.stack.pop()
        self.channels_first = _channels_first(layer, self.channels_first)
        call.channels_first = self.channels_first
        if self.until(call):
            raise _Enough
        return call.output

    def _place(self, name: str) -> str:
        parent = self.stack[-1]
        if parent is self.root:
            return ""
        before = sum(child.layer.name == name for child in parent.children)
        own = f"{name}[{before}]" if before else name
        return f"{parent.place}/{own}" if parent.place else own


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
        return recorder(layer, original, args, kwargs)

    with shadowed(layer, name, call):
        yield


def _untraced(function: Callable) -> Callable:
    """The same, without the graphs that a ``tf.function`` keeps: they change the user's state.

    Its control flow is converted as there, but what it computes joins the graph around it, where
    the layers inside can be reached.
    """
    python = getattr(function, "python_function", None)
    if python is None:
        return function
    context = tf.__internal__.autograph.control_status_ctx()
    return tf.__internal__.autograph.tf_convert(python, context)
