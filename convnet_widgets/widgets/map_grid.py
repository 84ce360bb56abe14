"""The display of many maps at once, coloured, paged and zoomed in the browser."""

from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from ..rendering.intensity import MODES
from ._assets import module, style
from ._colour_mapped import ColourMapped
from ._map_traits import map_traits


class MapGrid(ColourMapped):
    """All maps of a layer as tiles on a canvas.

    The maps are sent once, as 16-bit codes. Choosing a channel or a group, the colour map, the
    intensity, the order, paging, zooming and reading values need no kernel after that.

    Parameters
    ----------
    maps : array, optional
        Real numbers ``(height, width, channels)``, or ``(groups, height, width, channels)`` of
        which one group is shown at a time, or uint8 ``(channels, height, width, 3)``: RGB tiles.
    label : str
        What the maps are, for people and screen readers.
    channel, group : int
        Chosen channel and shown group, from 0; kept within what there is.
    colour_map : str
        A colour map of the browser's list, or any other name that matplotlib knows.
    intensity : {"map", "layer", "standardised", "signed"}
        What the colour table spans. ``"map"``: each map's own extremes. ``"layer"``: the extremes
        of all maps of the group. ``"standardised"``: ``(v - mean) / std * 64 + 128`` clipped to
        0–255 (F. Chollet, Deep Learning with Python, 5.4.1); a constant map is drawn at 128.
        ``"signed"``: minus to plus the largest magnitude of the group, zero in the middle.
    order : {"number", "activity"}
        Channels by number, or by their mean, highest first.
    page, page_size : int
        Shown page, from 0, and the number of maps on a page.
    tile : int
        Size in CSS pixels that the longer side of a tile has at least, up to a rounding to whole
        pixels of the map.
    toolbar : bool
        Whether the display brings its own selects and pager.
    continuous_update : bool
        Whether the kernel hears of every channel on the way or only of the one at rest.

    Attributes
    ----------
    channels, groups, height, width : int
        What :meth:`set_maps` was given; not meant to be set.

    Raises
    ------
    ValueError
        If `maps` has another rank or an empty axis.
    TypeError
        If `maps` are not real numbers.
    """

    _esm = module("map_grid.js")
    _css = style("map_grid.css")
    _shown: ClassVar[tuple[str, ...]] = (
        "label", "channels", "height", "width", "channel", "colour_map", "intensity",
    )  # fmt: skip

    channel = traitlets.Int(0).tag(sync=True)
    channels = traitlets.Int(0).tag(sync=True)
    group = traitlets.Int(0).tag(sync=True)
    groups = traitlets.Int(0).tag(sync=True)
    height = traitlets.Int(0).tag(sync=True)
    width = traitlets.Int(0).tag(sync=True)
    intensity = traitlets.Enum(MODES, "map").tag(sync=True)
    order = traitlets.Enum(("number", "activity"), "number").tag(sync=True)
    page = traitlets.Int(0).tag(sync=True)
    page_size = traitlets.Int(64, min=1).tag(sync=True)
    tile = traitlets.Int(64, min=8).tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    toolbar = traitlets.Bool(True).tag(sync=True)
    continuous_update = traitlets.Bool(True).tag(sync=True)

    _codes = traitlets.Bytes(b"").tag(sync=True)
    _ranges = traitlets.Bytes(b"").tag(sync=True)
    _statistics = traitlets.Bytes(b"").tag(sync=True)
    _pixels = traitlets.Bytes(b"").tag(sync=True)

    def __init__(self, maps: ArrayLike | None = None, **traits: Any) -> None:
        super().__init__(**({} if maps is None else map_traits(maps)), **traits)

    def set_maps(self, maps: ArrayLike, **traits: Any) -> None:
        """Show other maps; the browser gets them and `traits` in one message.

        The channel is kept as far as the new maps have it; a group or page they do not have
        becomes the first.

        Parameters
        ----------
        maps : array
            As for the class.
        **traits
            Other traits to change at once, say ``label="block1_conv1"``.

        Raises
        ------
        ValueError
            If `maps` has another rank or an empty axis; nothing is changed.
        TypeError
            If `maps` are not real numbers; nothing is changed.
        """
        new = map_traits(maps)
        kept = {"channel": min(self.channel, new["channels"] - 1)}
        kept["group"] = self.group if self.group < new["groups"] else 0
        size = traits.get("page_size", self.page_size)
        kept["page"] = self.page if self.page * size < new["channels"] else 0
        self._tell(new | traits | kept | traits)  # a page is kept within those of the new size

    @traitlets.validate("channel")
    def _within_channels(self, proposal: Any) -> int:
        return _within(proposal.value, self.channels)

    @traitlets.validate("group")
    def _within_groups(self, proposal: Any) -> int:
        return _within(proposal.value, self.groups)

    @traitlets.validate("page")
    def _within_pages(self, proposal: Any) -> int:
        return _within(proposal.value, -(-self.channels // self.page_size))

    @traitlets.observe("page_size")
    def _page_again(self, _: Any) -> None:
        self.page = _within(self.page, -(-self.channels // self.page_size))


def _within(value: int, count: int) -> int:
    return int(np.clip(value, 0, max(count - 1, 0)))
