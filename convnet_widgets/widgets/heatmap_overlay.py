"""The display of a heatmap over its photograph, blended in the browser."""

from collections.abc import Sequence
from typing import Any, ClassVar

import traitlets
from numpy.typing import ArrayLike

from ..rendering.overlays import OVERLAY_COLOUR_MAPS
from ._assets import module, style
from ._colour_mapped import ColourMapped
from ._overlay_traits import NO_HEAT, NO_PHOTOGRAPH, heat_traits, photograph_traits


class HeatmapOverlay(ColourMapped):
    """A photograph with a heatmap over it.

    The photograph and the map are sent once, the map as 16-bit codes. Opacity, colour map,
    threshold and reading values need no kernel after that.

    Parameters
    ----------
    photograph : bytes, or array of uint8, shape (height, width, 3) or (height, width), optional
        As for :meth:`set_photograph`.
    values : array of float, shape (rows, columns), optional
        As for :meth:`set_map`.
    box : four numbers, optional
        As for :meth:`set_map`.
    alpha : float
        Opacity of the map, from 0, the photograph alone, to 1, the map alone.
    colour_map : str
        A colour map of the browser's list, or any other name that matplotlib knows.
    threshold : float
        Heat below it is not drawn, in [0, 1].
    smooth : bool
        Whether the map is drawn bilinearly between the centres of its cells, or as squares.
    label : str
        What is shown, for people and screen readers.
    note : str
        A sentence in the place of a map, such as why there is none.
    view_size : int
        CSS pixels of the longer side, at most.
    toolbar : bool
        Whether the display brings its own sliders.
    continuous_update : bool
        Whether the kernel hears of every move of a slider or only of the place where it rests.

    Attributes
    ----------
    height, width : int
        Of the photograph, in the pixels that places are told in; not meant to be set.

    Raises
    ------
    TypeError, ValueError
        If the photograph, the values or the box are none.
    traitlets.TraitError
        If the opacity or the threshold is outside [0, 1].

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> cw.HeatmapOverlay(cw.load_image("cat"), [[0, 0.5], [1, 0]], label="cat")
    HeatmapOverlay(label='cat', height=300, width=451, alpha=0.5, colour_map='inferno')
    """

    _esm = module("heatmap_overlay.js")
    _css = style("controls.css", "map_view.css", "heatmap_overlay.css")
    _shown: ClassVar[tuple[str, ...]] = ("label", "height", "width", "alpha", "colour_map")

    _offered: ClassVar[tuple[str, ...]] = OVERLAY_COLOUR_MAPS

    alpha = traitlets.Float(0.5, min=0.0, max=1.0).tag(sync=True)
    colour_map = traitlets.Unicode("inferno").tag(sync=True)
    threshold = traitlets.Float(0.0, min=0.0, max=1.0).tag(sync=True)
    smooth = traitlets.Bool(True).tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Int(0, min=0).tag(sync=True)
    width = traitlets.Int(0, min=0).tag(sync=True)
    view_size = traitlets.Int(480, min=32).tag(sync=True)
    toolbar = traitlets.Bool(True).tag(sync=True)
    continuous_update = traitlets.Bool(False).tag(sync=True)

    _photograph = traitlets.Bytes(b"").tag(sync=True)
    _codes = traitlets.Bytes(b"").tag(sync=True)
    _range = traitlets.List(traitlets.Float(), [0.0, 0.0]).tag(sync=True)
    _unseen = traitlets.Bytes(b"").tag(sync=True)
    _map_height = traitlets.Int(0).tag(sync=True)
    _map_width = traitlets.Int(0).tag(sync=True)
    _box = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(
        self,
        photograph: ArrayLike | bytes | None = None,
        values: ArrayLike | None = None,
        box: Sequence[float] | None = None,
        **traits: Any,
    ) -> None:
        shown = {} if photograph is None else photograph_traits(photograph, None)
        heat = {} if values is None else heat_traits(values, box)
        super().__init__(**shown, **heat, **traits)

    def set_photograph(
        self, photograph: ArrayLike | bytes | None, size: Sequence[int] | None = None, **traits: Any
    ) -> None:
        """Show another photograph under the present map.

        Parameters
        ----------
        photograph : bytes, or array of uint8, shape (height, width, 3) or (height, width)
            An image file that browsers read, or pixels 0–255, which are sent with at most 640 to
            a side. None shows the map alone.
        size : pair of int, optional
            Height and width in pixels that places are told in; those of `photograph` by default.
        **traits
            Other traits to change in the same message.

        Raises
        ------
        TypeError, ValueError
            If the photograph or the size is none; nothing is changed.
        """
        shown = NO_PHOTOGRAPH if photograph is None else photograph_traits(photograph, size)
        self._tell(shown | traits)

    def set_map(
        self, values: ArrayLike | None, box: Sequence[float] | None = None, **traits: Any
    ) -> None:
        """Show another map over the present photograph.

        Parameters
        ----------
        values : array of float, shape (rows, columns)
            Heat in [0, 1]; NaN where the network saw nothing, which shows the photograph. None
            shows the photograph alone.
        box : four numbers, optional
            Top, left, height and width, in pixels of the photograph, that the map is stretched
            over; all of it by default. It may reach beyond.
        **traits
            Other traits to change in the same message, say ``label="tusker"``.

        Raises
        ------
        TypeError, ValueError
            If the values or the box are none; nothing is changed.
        """
        self._tell((NO_HEAT if values is None else heat_traits(values, box)) | traits)
