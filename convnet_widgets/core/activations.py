"""Feature maps of any layers from one forward pass."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float

from .layer_table import LayerInfo, LayerTable
from .layers import find_layer, layer_rows
from .networks import VisionModel, as_vision_model
from .running import run
from .signatures import Signature, build, flat_inputs, signature_of
from .tracing import Trace, trace


def feature_maps(
    net: keras.Model | VisionModel,
    images: Any,
    layers: Any = None,
) -> dict[str, Float[np.ndarray, "batch ..."]]:
    """Compute what layers return for images, all in one forward pass.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network; it is not changed. Layers run as in inference.
    images : array_like or list or dict
        One image (height, width, channels), a batch of them, or a list of images of any
        sizes, pixels 0–255; they are resized and preprocessed as the network needs. For
        networks of several inputs a list or dict of batches, passed on as they are.
    layers : str, int, or sequence of them, optional
        Paths, unique names, or indices as in ``model.layers``. Every layer that has
        feature maps by default.

    Returns
    -------
    dict of str to ndarray
        Paths, in the order asked for, and read-only float32 arrays (batch, height, width,
        channels); (batch, steps, channels) and (batch, depth, height, width, channels)
        for 1-D and 3-D convolutions, (batch, units) for dense layers. Channels come last
        whatever the network's own format.

    Raises
    ------
    LayerNotFoundError
        If a layer is not there, with near names.
    TypeError
        If a layer is given by something else than a string or an integer.
    ValueError
        If the images do not fit the network, or a layer has no single output tensor.

    Notes
    -----
    The arrays are views of TensorFlow's own memory, which spares a copy as long as the
    pass itself; ``array.copy()`` gives one to write to. The network is compiled once per
    input signature, images of the same shape are never traced again.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("EfficientNetLite0")
    >>> cw.feature_maps(net, cw.load_image("cat"), "stem_conv")["stem_conv"].shape
    (1, 112, 112, 32)
    """
    vision = as_vision_model(net)
    inputs, traced = traced_inputs(vision, images)
    rows = layer_rows(vision.model, traced)
    paths = [row.path for row in _asked(rows, layers)]
    for path in paths:
        _refuse_unreachable(traced, path)
    outputs = run(traced.function(paths), inputs) if paths else []
    return {path: as_array(output) for path, output in zip(paths, outputs, strict=True)}


def layers_for(net: keras.Model | VisionModel, images: Any) -> LayerTable:
    """List the layers as :func:`list_layers` does, and build a network that never was.

    Raises
    ------
    TypeError, ValueError
        If the images do not fit the network.
    """
    vision = as_vision_model(net)
    _, traced = traced_inputs(vision, images)
    return LayerTable(layer_rows(vision.model, traced), vision.name)


def traced_inputs(vision: VisionModel, images: Any) -> tuple[list[tf.Tensor], Trace]:
    """`images` as the network's flat inputs, and the network's trace for them."""
    inputs, signature = prepared_inputs(vision, images)
    return inputs, trace(vision.model, signature)


def prepared_inputs(vision: VisionModel, images: Any) -> tuple[list[tf.Tensor], Signature]:
    """`images` as the flat inputs of a network, which is built, and their signature."""
    prepared = vision.prepare(images)
    inputs = flat_inputs(vision.model, prepared)
    build(vision.model, inputs, signature_of(vision.model, prepared))
    return inputs, signature_of(vision.model, prepared)


def as_array(tensor: tf.Tensor) -> np.ndarray:
    """A read-only view of the tensor's memory."""
    return np.asarray(memoryview(tensor))


def _asked(rows: Sequence[LayerInfo], layers: Any) -> list[LayerInfo]:
    if layers is None:
        return [row for row in rows if row.has_maps]
    several = isinstance(layers, Iterable) and not isinstance(layers, str | bytes)
    names = layers if several else [layers]
    return [find_layer(rows, name) for name in names]


def _refuse_unreachable(traced: Trace, path: str) -> None:
    output = traced.outputs.get(path)
    if output is None:
        raise ValueError(f"the layer {path!r} is not called when the network runs: it has no maps")
    if output.maps is None:
        raise ValueError(
            f"the layer {path!r} returns no single tensor that can be read from outside; "
            "ask for a layer before, after or inside it"
        )
