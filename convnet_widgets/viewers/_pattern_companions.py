"""What stands beside a pattern: the feature map of its filter, and the filter's weights."""

from threading import Event
from typing import Any

import numpy as np
import traitlets

from ..core.activations import feature_maps
from ._image_viewer import ChosenImage, ImageViewer
from ._pattern_weights import NO_WEIGHTS, layer_weights
from ._planes import as_planes
from ._viewer import Viewer

_NO_MAPS: dict[str, Any] = {"_codes": b"", "_ranges": b"", "_statistics": b""}


class CompanionViewer(ImageViewer, Viewer):
    """A viewer that holds maps and weights of all channels of the present layer.

    Parameters
    ----------
    *args, **traits
        As for :class:`ImageViewer`.
    """

    _kernels = traitlets.Bytes(b"").tag(sync=True)
    _kernel_inputs = traitlets.Bytes(b"").tag(sync=True)
    _kernel_axes = traitlets.Dict().tag(sync=True)

    def __init__(self, *args: Any, **traits: Any) -> None:
        self._turn = 0  # how often the network was said to have changed
        self._weights, self._weights_of = NO_WEIGHTS, ("", -1)
        self._maps: np.ndarray | None = None
        self._maps_of: tuple[str, int, ChosenImage] | None = None
        super().__init__(*args, **traits)

    def _forget(self) -> None:
        self._turn += 1

    def _companions(self, layer: str) -> dict[str, Any]:
        """Traits of a layer that is about to be shown; none where they are known."""
        of = (layer, self._turn)
        if of == self._weights_of:
            return {}
        self._weights, self._weights_of = layer_weights(self.net, layer), of
        self._maps = self._maps_of = None
        return self._weights.traits | _NO_MAPS | {"channels": self._channels_of(layer)}

    def _show_map(self, layer: str, cancelled: Event) -> None:
        """Show what the layer makes of the image, where that is not shown yet."""
        of = (layer, self._turn, self._chosen)
        if cancelled.is_set() or self._chosen.images is None or of == self._maps_of:
            return
        self._maps_of = of  # also if it fails: the ascent goes on, and does not try again
        try:
            maps = _planes(feature_maps(self.net, self._chosen.images, layer)[layer][0])
        except Exception as error:
            self._show_error(error)
            return
        if not cancelled.is_set():
            self._maps = maps
            self.set_maps(maps, label=f"Feature maps of {layer}", **self._chosen.traits)


def _planes(maps: np.ndarray) -> np.ndarray:
    return maps[None, None] if maps.ndim == 1 else as_planes(maps)
