"""The key of a kept pattern: all that its pixels depend on, written down."""

import dataclasses
import functools
import json
import os
import re
from collections.abc import Iterable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import xxhash

from ..networks import VisionModel, as_vision_model
from ..preparation import image_input

ALGORITHM = 5
"""To be raised by every change that gives other pixels for the same request."""

# Known by name: their code changes with a version, not under a user's hands.
_LIBRARIES = {"builtins", "convnet_widgets", "keras", "numpy", "tensorflow"}
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_HELD = (*_PLAIN, tuple, FunctionType, MethodType, np.ndarray)
_STRING, _NUMBER = re.compile(r'"[^"]*"'), re.compile(r"_\d+$")
_DEPTH = 4  # functions that a function holds, which may hold itself


def network_digest(net: Any) -> str:
    """Digest of what a network computes, to be taken anew for each request.

    Goes into it: every weight; the network's wiring; each layer's class, settings and precision;
    the code of classes and functions that are not Keras's; and what the preprocessing makes of a
    probe. What such code reads from elsewhere, say a global variable, does not.

    Parameters
    ----------
    net : keras.Model or VisionModel

    Returns
    -------
    str
        32 hexadecimal digits, the same in every process. It finds changes and is no protection
        against forgery.
    """
    vision = as_vision_model(net)
    state = xxhash.xxh3_128()
    for layer in vision.model._flatten_layers():
        state.update(_layer(layer).encode())
    for weight in vision.model.weights:
        state.update(f"{weight.dtype}{tuple(weight.shape)}".encode())
        state.update(_bytes(weight))
    state.update(_preprocessing(vision).encode())
    return state.hexdigest()


def pattern_keys(
    digest: str,
    layer: str,
    filters: Iterable[int],
    recipe: Any,
    *,
    size: int,
    steps: int,
    seed: int,
    precision: str,
) -> dict[int, str]:
    """Return the key of each filter's pattern.

    Parameters
    ----------
    digest : str
        That of the network, by `network_digest`.
    layer : str
        Path of the layer.
    filters : iterable of int
        Indices of channels.
    recipe : Recipe
        Any dataclass; what it holds counts, not how it prints.
    size, steps, seed : int
        Side of the picture in pixels, number of steps, seed.
    precision : str
        "float32" or "bfloat16".

    Returns
    -------
    dict of int to str
        Readable, and different where any of these, `ALGORITHM`, the version of TensorFlow, or its
        use of oneDNN is.
    """
    parts = {"layer": layer, "size": size, "steps": steps, "seed": seed, "precision": precision}
    made_by = {"algorithm": ALGORITHM, "arithmetic": _arithmetic()}
    shared = content({**made_by, "network": digest, **parts, "recipe": recipe})
    return {filter: f"{shared}, filter {filter}" for filter in filters}


def content(value: Any, depth: int = _DEPTH) -> str:
    """Write down a value, the same in every process, which ``repr`` is not for objects."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, list | tuple | dict | set | frozenset):
        return _of_container(value, depth)
    if isinstance(value, np.generic | np.ndarray) or _is_tensor(value):
        return _of_array(np.asarray(value))
    return _of_object(value, depth)


def _arithmetic() -> tuple[str, str | None]:
    """By what values are rounded, which grows over the steps of an ascent."""
    return tf.__version__, os.environ.get("TF_ENABLE_ONEDNN_OPTS")


def _of_container(values: Any, depth: int) -> str:
    if isinstance(values, dict):
        pairs = (f"{content(key, depth)}: {content(values[key], depth)}" for key in values)
        return f"{{{', '.join(pairs)}}}"
    written = [content(value, depth) for value in values]
    if isinstance(values, list | tuple):
        return f"({', '.join(written)})"
    return f"{{{', '.join(sorted(written))}}}"


def _of_array(array: np.ndarray) -> str:
    if array.shape == () or array.dtype.hasobject:
        return content(array.tolist())
    return f"{array.dtype}{array.shape}{xxhash.xxh3_128_hexdigest(array.tobytes())}"


def _of_object(value: Any, depth: int) -> str:
    match value:
        case functools.partial():
            return content((value.func, value.args, value.keywords), depth)
        case MethodType():
            return content((value.__self__, value.__func__), depth)
        case FunctionType() | BuiltinFunctionType() | type():
            return _code(value, depth)
    fields = dataclasses.fields(value) if dataclasses.is_dataclass(value) else ()
    held = {field.name: getattr(value, field.name) for field in fields}
    return f"{_code(type(value), depth)}{content(held, depth)}"


def _code(thing: Any, depth: int) -> str:
    """Name of a class or a function, with its code where no library is known to hold it."""
    name = f"{thing.__module__}.{thing.__qualname__}"
    if depth == 0 or str(thing.__module__).split(".")[0] in _LIBRARIES:
        return name
    if isinstance(thing, type):
        bases = (base for base in thing.__mro__[1:] if base is not object)
        functions = (one for one in vars(thing).values() if isinstance(one, FunctionType))
        return content([name, *(_code(one, depth - 1) for one in (*functions, *bases))])
    code = getattr(thing, "__code__", None)
    if code is None:
        return name
    held = [thing.__defaults__, thing.__kwdefaults__, *_closure(thing)]
    return f"{name}{content([*_instructions(code), held], depth - 1)}"


def _closure(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not yet filled
            continue


def _instructions(code: CodeType) -> Iterator[Any]:
    yield code.co_code
    yield code.co_names
    for constant in code.co_consts:
        yield list(_instructions(constant)) if isinstance(constant, CodeType) else constant


def _is_tensor(value: Any) -> bool:
    return hasattr(type(value), "numpy")  # isinstance takes long with TensorFlow's


def _layer(layer: keras.Layer) -> str:
    settings = {
        name: value
        for name, value in vars(layer).items()
        if not name.startswith("_") and name != "name"
        if isinstance(value, _HELD) or _is_tensor(value)
    }
    wiring = _wiring(layer) if isinstance(layer, keras.Model) else ""
    name = "" if _has_no_name(layer) else layer.name
    return content([type(layer), name, layer.dtype_policy.name, settings]) + wiring


def _wiring(model: keras.Model) -> str:
    try:
        config = json.dumps(model.get_config(), default=content)
    except Exception:  # a class of the user's may not say; its wiring is its code
        return ""
    parts = [*model._flatten_layers(), *getattr(model, "operations", ())]
    places = {f'"{part.name}"': str(at) for at, part in enumerate(parts) if _has_no_name(part)}
    return _STRING.sub(lambda found: places.get(found[0], found[0]), config)


def _has_no_name(operation: keras.Operation) -> bool:
    """Whether Keras numbered it, by how many of its kind the process had made before."""
    return _NUMBER.sub("", operation.name).replace("_", "") == type(operation).__name__.lower()


def _bytes(weight: keras.Variable) -> Any:
    """The values of a weight, without a copy where Python's buffers know its type."""
    try:
        return memoryview(tf.convert_to_tensor(weight))
    except ValueError:
        return np.ascontiguousarray(weight).view("uint8")


def _preprocessing(vision: VisionModel) -> str:
    size = image_input(vision.model)
    channels = (size.channels if size else None) or 3
    probe = np.random.default_rng(0).uniform(0, 255, (1, 8, 8, channels)).astype("float32")
    try:
        made = vision.preprocess(probe)
    except Exception:  # takes no such image, or is none
        made = None
    return content([vision.preprocess, made])
