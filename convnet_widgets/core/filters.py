"""Learned kernels, one filter at a time, whatever kind of convolution holds them."""

from typing import Any

import keras
import numpy as np
from jaxtyping import Float

from .layer_table import LayerInfo
from .layers import (
    LayerNotFoundError,
    declared_trace,
    kernels,
    layer_rows,
    layers_by_path,
    matching_rows,
)
from .networks import VisionModel, as_vision_model

_TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)
_DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)
_SEPARABLE = (keras.layers.SeparableConv1D, keras.layers.SeparableConv2D)


def filter_weights(
    net: keras.Model | VisionModel, layer: Any
) -> Float[np.ndarray, "filters *size in_channels"]:
    """Weights of every filter of a convolution.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network, built.
    layer : str or int
        Path, unique name, or index as in ``model.layers``.

    Returns
    -------
    ndarray of float32, shape (filters, height, width, in_channels)
        ``(filters, width, in_channels)`` for 1-D and ``(filters, depth, height, width,
        in_channels)`` for 3-D convolutions. A depthwise layer has one filter of one
        channel for each channel it returns. The filters of a separable layer are those of
        the ordinary convolution that it equals: the depthwise kernels weighted by the
        pointwise ones. With groups, `in_channels` are those of one group.

    Raises
    ------
    LayerNotFoundError
        If the layer is not there, with near names.
    TypeError
        If `layer` is neither a string nor an integer.
    ValueError
        If the layer is no convolution, or is not built yet.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("VGG16", weights="random", include_top=False)
    >>> cw.filter_weights(net, "block1_conv2").shape
    (64, 3, 3, 64)
    """
    model = as_vision_model(net).model
    found = _find(model, layer)
    _refuse_what_has_no_filters(found)
    return np.ascontiguousarray(_filters_first(found), dtype=np.float32)


def convolution_rows(net: keras.Model | VisionModel) -> list[LayerInfo]:
    """Rows of the layers that have filters; one row for a layer that is called twice."""
    model = as_vision_model(net).model
    traced = declared_trace(model)
    first = {id(layer): path for path, layer in reversed([*layers_by_path(model, traced)])}
    convolutions = {
        path
        for path, layer in layers_by_path(model, traced)
        if is_convolution(layer) and first[id(layer)] == path
    }
    return [row for row in layer_rows(model, traced) if row.path in convolutions]


def unit_weights(
    net: keras.Model | VisionModel, layer: str, most: int
) -> Float[np.ndarray, "units inputs"] | None:
    """Weights of every unit of a dense layer; None of another, or of more weights than `most`."""
    model = as_vision_model(net).model
    found = kernels(_find(model, layer))
    if len(found) != 1 or found[0].ndim != 2 or found[0].shape[0] * found[0].shape[1] > most:
        return None
    return np.ascontiguousarray(keras.ops.convert_to_numpy(keras.ops.cast(found[0], "float32")).T)


def is_convolution(layer: keras.Layer) -> bool:
    """Whether the layer is built and has a kernel that moves over space."""
    return hasattr(layer, "kernel_size") and bool(kernels(layer))


def _refuse_what_has_no_filters(layer: keras.Layer) -> None:
    if not layer.built:
        raise ValueError(
            f"the layer {layer.name!r} is not built, so that it has no weights; call the network "
            "once on an image"
        )
    if not is_convolution(layer):
        raise ValueError(
            f"the layer {layer.name!r} is a {type(layer).__name__}, and filters are the kernels "
            "of convolutions; list_layers(net) shows which layers have a kernel"
        )


def _find(model: keras.Model, layer: Any) -> keras.Layer:
    traced = declared_trace(model)
    paths = [row.path for row in matching_rows(layer_rows(model, traced), layer)]
    found = {id(one): one for path, one in layers_by_path(model, traced) if path in paths}
    if len(found) > 1:
        raise LayerNotFoundError(f"{layer!r} is not one layer but several; give one of {paths}")
    return next(iter(found.values()))


def _filters_first(layer: keras.Layer) -> np.ndarray:
    weights = [keras.ops.convert_to_numpy(keras.ops.cast(k, "float32")) for k in kernels(layer)]
    if isinstance(layer, _SEPARABLE):
        return _separable(*weights)
    if isinstance(layer, _DEPTHWISE):
        return _depthwise(*weights)
    return np.moveaxis(weights[0], -2 if isinstance(layer, _TRANSPOSED) else -1, 0)


def _depthwise(kernel: np.ndarray) -> np.ndarray:
    """(size, in, multiplier) to (in · multiplier, size, 1), in the order of the outputs."""
    *size, channels, multiplier = kernel.shape
    return np.moveaxis(kernel.reshape(*size, channels * multiplier, 1), -2, 0)


def _separable(depthwise: np.ndarray, pointwise: np.ndarray) -> np.ndarray:
    """The kernel (out, size, in) of the convolution that both steps amount to."""
    *_, channels, multiplier = depthwise.shape
    mixing = pointwise.reshape(channels, multiplier, -1)
    return np.einsum("...cm,cmf->f...c", depthwise, mixing)
