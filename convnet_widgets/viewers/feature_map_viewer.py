"""The panel that shows what every channel of a layer makes of a photograph."""

from collections.abc import Sequence
from math import prod
from threading import Event
from typing import Any, Literal

import numpy as np

from ..core.activations import feature_maps, layers_for
from ..core.layer_table import LayerInfo
from ..core.networks import VisionModel, as_vision_model
from ..rendering.figures import map_figure, mosaic_figure
from ..rendering.view_figure import ViewFigure
from ..widgets._assets import module, style
from ._image_viewer import ImageViewer, chosen_image
from ._panel import LayerChoice
from ._planes import as_planes
from ._viewer import Viewer

_TOGETHER = 256 * 2**20  # bytes; up to here all maps of an image are computed in one pass


class FeatureMapViewer(ImageViewer, Viewer):
    """All feature maps of a layer for a photograph, the chosen one enlarged beside it.

    Choosing a channel, the colour map, the intensity, the order and reading values need no
    kernel; another layer or photograph is computed in the background.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network; it is not changed.
    image : str, path, bytes, PIL image, array, or list or dict of arrays
        What :func:`load_image` reads, or an array as the network takes it: (height, width,
        channels), pixels 0–255; for a network of several inputs a list or dict of arrays.
        Of a batch the first image is shown.
    layer : str or int, optional
        Path, unique name, or index as in ``model.layers``; the first convolution by default.
    **traits
        Traits to begin with: `channel`, `colour_map`, `intensity`, `order`, `page_size` …, see
        :class:`MapGrid`.

    Attributes
    ----------
    layer, channel : str, int
        What is shown; may be set and linked.
    error : str
        What went wrong in the last request, as shown in the panel.

    Raises
    ------
    LayerNotFoundError
        If the layer is not there, with near names.
    ValueError
        If the layer, or the network, has no feature maps, or the image does not fit.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("EfficientNetLite0")
    >>> cw.FeatureMapViewer(net, "cat", layer="block1a_project_conv")
    FeatureMapViewer(layer='block1a_project_conv', channel=0)
    """

    _lack = "has no feature maps"
    _esm = module("feature_map_viewer.js")
    _css = style(
        "controls.css", "layer_dropdown.css", "map_grid.css", "map_view.css", "viewers.css"
    )

    def __init__(self, net: Any, image: Any, layer: str | int | None = None, **traits: Any) -> None:
        vision = as_vision_model(net)
        chosen = chosen_image(vision, image)
        self._computed_of = chosen
        self._computed: dict[str, np.ndarray] = {}
        self._maps = np.zeros((0, 0, 0), np.float32)
        rows = layers_for(vision, chosen.images)
        shown = [row for row in rows if row.has_maps]
        first = _first_layer(rows, vision) if layer is None else layer
        super().__init__(LayerChoice(vision, rows, shown, first), chosen, **traits)

    @property
    def maps(self) -> np.ndarray:
        """The maps shown, float32 (height, width, channels), once they are there.

        A 1-D map is a strip of one row, the slices of a 3-D map stand side by side.
        """
        self.wait()
        return self._maps

    def figure(self, what: Literal["channel", "layer"] = "channel") -> ViewFigure:
        """Draw the present view with matplotlib, with a colour bar and real values.

        Parameters
        ----------
        what : {"channel", "layer"}
            The chosen channel alone, or every channel of the layer.

        Returns
        -------
        ViewFigure
            A :class:`matplotlib.figure.Figure`, interactive under ``%matplotlib widget``.
        """
        drawing: dict[str, Any] = {"colour_map": self.colour_map, "mode": self.intensity}
        maps = self.maps
        title = f"{self.caption}\n{self._shown_layer}"
        if what == "channel":
            channel = min(self.channel, maps.shape[-1] - 1)
            title += f", channel {channel}"
            return map_figure(maps, channel, title=title, **drawing)
        if what == "layer":
            return mosaic_figure(maps, title=title, **drawing)
        raise ValueError(f"a figure shows the 'channel' or the 'layer', not {what!r}")

    def _show(self, layer: str, cancelled: Event) -> None:
        self._take_image()
        if cancelled.is_set():
            return
        maps = as_planes(self._activations(layer)[0])
        if not cancelled.is_set():
            self._maps, self._shown_layer = maps, layer
            self.set_maps(maps, label=f"Feature maps of {layer}", **self._chosen.traits)

    def _channels_of(self, layer: str) -> int:
        row = next(row for row in self.rows if row.path == layer)
        return row.channels or self.channels

    def _activations(self, layer: str) -> np.ndarray:
        images = self._chosen.images
        if self._computed_of is not self._chosen:
            self._computed, self._computed_of = {}, self._chosen
        computed = self._computed  # another one once it is out of date
        if layer not in computed:
            together = _bytes_of(self.rows, images) <= _TOGETHER
            computed.clear()
            computed |= feature_maps(self.net, images, None if together else layer)
        return computed[layer]

    def _forget(self) -> None:
        self._computed = {}


def _first_layer(rows: Sequence[LayerInfo], vision: VisionModel) -> str:
    shown = [row for row in rows if row.has_maps]
    if not shown:
        raise ValueError(f"{vision.name} has no layer with feature maps to show")
    return next((row for row in shown if row.kernel_shape), shown[0]).path


def _bytes_of(rows: Sequence[LayerInfo], images: Any) -> float:
    """Bytes of all maps; infinite where a size is not known before."""
    return 4 * _most_images(images) * sum(_values_in(row) for row in rows)


def _most_images(images: Any) -> int:
    """At most so many images go through the network at once."""
    parts = list(images.values()) if isinstance(images, dict) else images
    parts = parts if isinstance(parts, list | tuple) else [parts]
    return max([len(parts), *(len(part) for part in parts if np.ndim(part) == 4)])


def _values_in(row: LayerInfo) -> float:
    sizes = (row.output_shape or (None, None))[1:]
    return prod(float("inf") if size is None else size for size in sizes)
