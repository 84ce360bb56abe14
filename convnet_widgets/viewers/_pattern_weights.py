"""The weights of each filter of a layer, as they stand beside its pattern."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from jaxtyping import Float32

from ..core.filters import convolution_rows, filter_weights, unit_weights
from ..core.layers import list_layers
from ..core.networks import VisionModel
from ._planes import as_planes
from .filter_viewer import takes_bgr

_SHOWN = 16  # input channels of a filter
_MOST = 2**25  # weights of a dense layer


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """What is known of the weights of a layer.

    Attributes
    ----------
    kernels : ndarray of float32, shape (filters, height, width, in_channels)
        Without filters where the layer has none; a unit of a dense layer has a kernel of one
        pixel.
    in_colour : bool
        Whether the three input channels are red, green and blue.
    note : str
        Why there are no kernels, as a clause.
    """

    kernels: Float32[np.ndarray, "filters height width in_channels"]
    in_colour: bool = False
    note: str = ""

    @property
    def inputs(self) -> np.ndarray:
        """For each filter the input channels of the largest weights, at most 16, int."""
        if self.in_colour:
            return np.tile(np.arange(3), (len(self.kernels), 1))
        magnitudes = np.square(self.kernels, dtype=np.float32).sum((1, 2))
        return np.argsort(-magnitudes, axis=1, kind="stable")[:, :_SHOWN]

    @property
    def traits(self) -> dict[str, Any]:
        """What the browser holds: the kernels of these input channels, for each filter."""
        _, height, width, of = self.kernels.shape
        inputs = self.inputs
        shown = np.take_along_axis(self.kernels, inputs[:, None, None], axis=3)
        axes = {"height": height, "width": width, "shown": inputs.shape[1], "of": of}
        return {
            "_kernels": np.moveaxis(shown, -1, 1).astype("<f4").tobytes(),
            "_kernel_inputs": inputs.astype("<i4").tobytes(),
            "_kernel_axes": axes | {"in_colour": self.in_colour, "note": self.note},
        }


NO_WEIGHTS = LayerWeights(np.zeros((0, 1, 1, 0), np.float32))


def layer_weights(net: VisionModel, layer: str) -> LayerWeights:
    """Weights of a layer of any kind."""
    convolutions = [row.path for row in convolution_rows(net)]
    if layer in convolutions:
        kernels = np.stack([as_planes(kernel) for kernel in filter_weights(net, layer)])
        in_colour = layer == convolutions[0] and kernels.shape[-1] == 3
        return LayerWeights(_as_rgb(net, kernels) if in_colour else kernels, in_colour)
    units = unit_weights(net, layer, _MOST)
    if units is None:
        return LayerWeights(NO_WEIGHTS.kernels, note=_why_none(net, layer))
    return LayerWeights(units[:, None, None])


def _why_none(net: VisionModel, layer: str) -> str:
    row = next(row for row in list_layers(net) if row.path == layer)
    if row.kernel_shape is None:
        return f"this {row.type} layer has no kernel of its own"
    if prod(row.kernel_shape) > _MOST:
        return "its kernel is too large to be shown"
    return "its kernel is of a kind that is not shown"


def _as_rgb(net: VisionModel, kernels: np.ndarray) -> np.ndarray:
    return kernels[..., ::-1] if takes_bgr(net) else kernels
