"""What displays that colour values in the browser share: a colour map and the tables to choose."""

from typing import Any, ClassVar

import traitlets

from ..rendering.colour_maps import COLOUR_MAPS, lookup_table
from ._base import Widget


class ColourMapped(Widget):
    """A display whose browser holds a table of 256 colours for each map to choose.

    Parameters
    ----------
    colour_map : str
        A colour map of the browser's list, or any other name that matplotlib knows.

    Raises
    ------
    ValueError
        If matplotlib has no colour map of that name; near names are given.
    """

    _offered: ClassVar[tuple[str, ...]] = COLOUR_MAPS

    colour_map = traitlets.Unicode("viridis").tag(sync=True)
    _colour_maps = traitlets.Dict().tag(sync=True)

    @traitlets.default("_colour_maps")
    def _usual_colour_maps(self) -> dict[str, bytes]:
        return {name: lookup_table(name).tobytes() for name in self._offered}

    @traitlets.validate("colour_map")
    def _with_table(self, proposal: Any) -> str:
        name: str = proposal.value
        if name not in self._colour_maps:
            self._colour_maps = self._colour_maps | {name: lookup_table(name).tobytes()}
        return name
