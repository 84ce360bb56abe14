"""A panel about the layers of one network that shows maps of their channels."""

from typing import Any, ClassVar

import traitlets

from ..widgets.map_grid import MapGrid
from ._panel import Panel


class Viewer(Panel, MapGrid):
    """A panel about the channels of the layers of one network.

    Parameters
    ----------
    choice : LayerChoice
        The network and its layers.
    **traits
        Traits of :class:`~convnet_widgets.MapGrid`: `colour_map`, `intensity`, `page_size` …
    """

    _shown: ClassVar[tuple[str, ...]] = ("layer", "channel")

    def _channels_of(self, layer: str) -> int:
        """Number of channels that `layer` has, before it is shown."""
        raise NotImplementedError

    @traitlets.default("channels")
    def _of_the_first_layer(self) -> int:
        return self._channels_of(self.layer)

    @traitlets.default("continuous_update")
    def _at_rest(self) -> bool:
        return False

    # bounds are those of the chosen layer, also while it is on its way
    @traitlets.validate("channel")
    def _within_channels(self, proposal: Any) -> int:
        return max(0, min(proposal.value, self._channels_of(self.layer) - 1))
