"""A network cut off behind the layers that gradient ascent looks at."""

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import keras

from ..layer_table import LayerInfo
from ..layers import declared_trace, find_layer, layer_rows
from ..networks import VisionModel, as_vision_model
from ..running import run
from .cut_network import CutNetwork
from .input_tensors import InputTensor, single_input
from .objectives import OUTPUT
from .pixel_graph import in_graph
from .precision import checked_precision


def cut(
    net: keras.Model | VisionModel,
    layers: Any,
    *,
    filters: Any = None,
    pre_activation: bool = False,
    preprocessed: bool = True,
    precision: str = "float32",
    wrapped: bool = False,
) -> CutNetwork:
    """Cut a network off behind layers.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network, built, with one input.
    layers : str, int, or sequence of them
        Paths, unique names, or indices as in ``model.layers``; `objectives.OUTPUT` for what the
        network itself returns.
    filters : sequence of int, optional
        Of a single layer, the channels to return, in this order. Where the layer is a plain
        convolution or a dense layer, no others are computed.
    pre_activation : bool
        Outputs before the layer's own activation. Of a layer that has none, what it returns.
    preprocessed : bool
        Images are RGB 0–255, and the network's preprocessing becomes a part of the graph;
        otherwise they are what the network takes.
    precision : {"float32", "bfloat16"}
        Of the computation; `fastest_precision` tells which is faster here.
    wrapped : bool
        Let convolutions see what is at the other end of a map where they else see zeros, as
        `wrapping` does.

    Returns
    -------
    CutNetwork

    Raises
    ------
    LayerNotFoundError
        If a layer is not there, with near names.
    IndexError
        If a filter is not there, with the range.
    TypeError
        If a filter is no whole number.
    ValueError
        If the network is not built, takes several inputs or none of floating numbers, if
        `filters` are given for several layers or are none, or if there is no such precision.
    ChannelsFirstError
        If the network keeps its channels first, and TensorFlow cannot run that here.
    """
    vision = as_vision_model(net)
    image = single_input(vision.model)
    several = isinstance(layers, Iterable) and not isinstance(layers, str | bytes)
    rows = [find(vision.model, layer) for layer in (layers if several else [layers])]
    paths = tuple(dict.fromkeys(row.path if row else OUTPUT for row in rows))
    _refuse_what_cannot_run(vision.model, paths, image)
    return CutNetwork(
        vision,
        paths,
        None if filters is None else _checked_filters(filters, rows),
        pre_activation,
        preprocessed,
        checked_precision(precision),
        wrapped,
        image,
        in_graph(vision.preprocess if preprocessed else None, image.channels),
    )


def _refuse_what_cannot_run(model: keras.Model, paths: Sequence[str], image: InputTensor) -> None:
    """Run a channels-first network once, since TensorFlow has its layers on few processors."""
    traced = declared_trace(model)
    if image.channels_first and traced is not None:
        run(traced.function([path for path in paths if path != OUTPUT] or None), [image.zeros()])


def find(model: keras.Model, layer: Any) -> LayerInfo | None:
    """The row of the layer that goes by a name; None for `objectives.OUTPUT`."""
    if layer == OUTPUT:
        return None
    return find_layer(layer_rows(model, declared_trace(model)), layer)


def _checked_filters(filters: Any, rows: Sequence[LayerInfo | None]) -> tuple[int, ...]:
    try:
        given = list(filters)
        chosen = tuple(operator.index(filter) for filter in given)
    except TypeError:
        raise TypeError(f"filters are whole numbers, from 0; got {filters!r:.60}") from None
    if any(isinstance(filter, bool) for filter in given):
        raise TypeError(
            f"filters are whole numbers, from 0; got {filters!r:.60}; np.flatnonzero() makes them "
            "of a mask"
        )
    if len(rows) != 1:
        raise ValueError(f"filters are channels of one layer; got {len(rows)} layers")
    if not chosen:
        raise ValueError("no filters are given: give at least one, or None for all")
    channels = rows[0].channels if rows[0] else None
    for filter in chosen:
        if filter < 0 or (channels is not None and filter >= channels):
            raise IndexError(
                f"there is no filter {filter}: those of the layer "
                f"{rows[0].path if rows[0] else OUTPUT!r} run from 0 to {(channels or 1) - 1}"
            )
    return chosen
