"""Listing the layers of a network and finding one by path, name or index."""

import operator
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

import keras

from .layer_table import LayerInfo, LayerTable
from .networks import VisionModel, as_vision_model
from .signatures import declared_signature, declares_inputs
from .tracing import Trace, trace

_NUMBER = re.compile(r"\[\d+\]")


class LayerNotFoundError(LookupError):
    """No layer, or no single layer, goes by that path, name or index."""


def list_layers(net: keras.Model | VisionModel) -> LayerTable:
    """List every layer of a network, those of nested and subclassed models included.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network. Output shapes are known once it is built; a subclassed model is built
        by its first call.

    Returns
    -------
    LayerTable
        A list of rows with `index`, `path`, `type`, `kernel_shape`, `output_shape` and
        `parameters`, each model before the layers inside it; an HTML table in a notebook.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("VGG16", weights="random", include_top=False)
    >>> cw.list_layers(net)[1].kernel_shape
    (3, 3, 3, 64)
    """
    vision = as_vision_model(net)
    return LayerTable(layer_rows(vision.model, declared_trace(vision.model)), vision.name)


def declared_trace(model: keras.Model) -> Trace | None:
    """The trace of `model` for the input it declares; None when that is not known."""
    signature = declared_signature(model)
    if signature is None:
        return None
    try:
        return trace(model, signature)
    except Exception:
        # float32 is a guess for a subclassed model, which may not take it
        if declares_inputs(model):
            raise
        return None


def layer_rows(model: keras.Model, traced: Trace | None) -> tuple[LayerInfo, ...]:
    """Rows of `model`, with what its trace, if there is one, knows about the outputs."""
    if traced is None:
        return _new_rows(model, None)
    return traced.known("rows", lambda: _new_rows(model, traced))


def layers_by_path(model: keras.Model, traced: Trace | None) -> Iterator[tuple[str, keras.Layer]]:
    """Path of each layer call and the layer, in the order of the table."""
    for top in model.layers:
        yield from _walk(top, "", traced)


def find_layer(rows: Sequence[LayerInfo], layer: Any) -> LayerInfo:
    """The row that `layer` names: a path, a bare name where it is unique, or an index.

    Raises
    ------
    TypeError
        If `layer` is neither a string nor an integer.
    LayerNotFoundError
        If no row fits, with the near names or the range of indices, or if several do.
    """
    found = matching_rows(rows, layer)
    if len(found) > 1:
        paths = ", ".join(repr(row.path) for row in found)
        raise LayerNotFoundError(f"{layer!r} is not one layer but several; give one of {paths}")
    return found[0]


def matching_rows(rows: Sequence[LayerInfo], layer: Any) -> list[LayerInfo]:
    """All rows that `layer` names: several calls of one layer, or layers of one name."""
    if isinstance(layer, str):
        return _by_name(rows, layer)
    try:
        return _by_index(rows, operator.index(layer))
    except TypeError:
        raise TypeError(
            "a layer is named by its path, its name, or its index as in model.layers, "
            f"not by the {type(layer).__name__} {layer!r}"
        ) from None


def kernels(layer: keras.Layer) -> list[Any]:
    """The layer's own kernels: ordinary, depthwise, pointwise."""
    names = ("kernel", "depthwise_kernel", "pointwise_kernel")
    found = (getattr(layer, name, None) for name in names) if layer.built else ()
    return [kernel for kernel in found if getattr(kernel, "ndim", 0) > 1]


def inner_layers(layer: keras.Layer) -> list[keras.Layer]:
    """The layers directly inside a model or a composite layer."""
    if isinstance(layer, keras.Model):
        return layer.layers
    return layer._flatten_layers(include_self=False, recursive=False)


def _new_rows(model: keras.Model, traced: Trace | None) -> tuple[LayerInfo, ...]:
    places = {id(layer): index for index, layer in enumerate(model.layers)}
    return tuple(
        _row(None if "/" in path else places[id(layer)], path, layer, traced)
        for path, layer in layers_by_path(model, traced)
    )


def _walk(
    layer: keras.Layer, prefix: str, traced: Trace | None
) -> Iterator[tuple[str, keras.Layer]]:
    for path in _call_paths(layer, prefix + layer.name, traced):
        yield path, layer
        for inner in inner_layers(layer):
            yield from _walk(inner, f"{path}/", traced)


def _call_paths(layer: keras.Layer, path: str, traced: Trace | None) -> list[str]:
    """`path`, or its numbered forms where calls have to be told apart."""
    if traced is None or path in traced.outputs:
        return [path]
    numbered = re.compile(re.escape(path) + _NUMBER.pattern)
    outputs = traced.outputs.items()
    return [p for p, o in outputs if o.layer == id(layer) and numbered.fullmatch(p)] or [path]


def _row(index: int | None, path: str, layer: keras.Layer, traced: Trace | None) -> LayerInfo:
    kernel = next(iter(kernels(layer)), None)
    output = traced.outputs.get(path) if traced else None
    shape = output.shape if output else None
    if isinstance(layer, keras.layers.InputLayer):
        shape = layer.batch_shape
    return LayerInfo(
        index=index,
        path=path,
        type=type(layer).__name__,
        kernel_shape=None if kernel is None else tuple(kernel.shape),
        # a subclassed model is traced for the batch of its first call
        output_shape=(None, *shape[1:]) if shape else shape,
        parameters=layer.count_params() if layer.built else 0,
        has_maps=bool(
            output
            and output.maps is not None
            and output.maps.shape.rank > 2
            and not output.repeated
        ),
        channels=None if output is None or output.maps is None else output.maps.shape[-1],
    )


def _by_index(rows: Sequence[LayerInfo], index: int) -> list[LayerInfo]:
    count = 1 + max((row.index for row in rows if row.index is not None), default=-1)
    if not -count <= index < count:
        raise LayerNotFoundError(
            f"there is no layer {index}: indices run from 0 to {count - 1}, or from -{count} to -1"
        )
    return [row for row in rows if row.index == index % count]


def _by_name(rows: Sequence[LayerInfo], name: str) -> list[LayerInfo]:
    exact = [row for row in rows if row.path == name]
    found = exact or [
        row
        for row in rows
        if any(f"/{path}".endswith(f"/{name}") for path in (row.path, _NUMBER.sub("", row.path)))
    ]
    if not found:
        raise LayerNotFoundError(f"there is no layer {name!r}; {_near(rows, name)}")
    return found


def _near(rows: Sequence[LayerInfo], name: str) -> str:
    paths = {key: row.path for row in rows for key in (row.path, row.path.rsplit("/", 1)[-1])}
    near = list(dict.fromkeys(paths[key] for key in get_close_matches(name, paths, 5, 0.5)))
    if near:
        return "near names are " + ", ".join(map(repr, near))
    return "list_layers(net) shows their names"
