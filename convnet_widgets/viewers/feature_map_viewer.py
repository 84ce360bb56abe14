"""The panel that shows what every channel of a layer makes of a photograph."""

from collections import deque
from collections.abc import Callable, Sequence
from math import prod
from os import PathLike
from pathlib import Path
from threading import Event
from typing import Any, Literal

import numpy as np
import traitlets
from PIL import Image

from ..core.activations import feature_maps, layers_for
from ..core.images import load_image, sample_images
from ..core.layer_table import LayerInfo
from ..core.networks import VisionModel, as_vision_model
from ..rendering.figures import map_figure, mosaic_figure
from ..rendering.view_figure import ViewFigure
from ..widgets._assets import module, style
from ._photograph import photograph_bytes, takes_photographs
from ._planes import as_planes
from ._viewer import Viewer

_TOGETHER = 256 * 2**20  # bytes; up to here all maps of an image are computed in one pass


class FeatureMapViewer(Viewer):
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

    _photograph = traitlets.Bytes(b"").tag(sync=True)
    _image_name = traitlets.Unicode("").tag(sync=True)
    _samples = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _uploads = traitlets.Bool(False).tag(sync=True)

    def __init__(self, net: Any, image: Any, layer: str | int | None = None, **traits: Any) -> None:
        vision = as_vision_model(net)
        self._images, name = _read(image)
        self._unread: deque[Callable[[], tuple[Any, str]]] = deque(maxlen=1)
        self._computed: dict[str, np.ndarray] = {}
        self._about_image = {
            "_image_name": name,
            "_photograph": photograph_bytes(vision, self._images),
        }
        self._maps = np.zeros((0, 0, 0), np.float32)
        rows = layers_for(vision, self._images)
        super().__init__(
            vision,
            rows,
            [row for row in rows if row.has_maps],
            _first_layer(rows, vision) if layer is None else layer,
            _samples=_offered_samples(vision),
            _uploads=takes_photographs(vision),
            **self._about_image,
            **traits,
        )
        self.on_msg(self._take_message)

    def set_image(self, image: Any) -> None:
        """Show the maps of another image, read and computed in the background.

        Parameters
        ----------
        image : str, path, bytes, PIL image, array, or list or dict of arrays
            As for the class. What cannot be read is reported in the panel and in `error`, and
            the present image stays.
        """
        self._exchange(lambda: _read(image))

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
            self.set_maps(maps, label=f"Feature maps of {layer}", **self._about_image)

    def _channels_of(self, layer: str) -> int:
        row = next(row for row in self.rows if row.path == layer)
        return row.channels or self.channels

    def _activations(self, layer: str) -> np.ndarray:
        computed = self._computed  # another one once it is out of date
        if layer not in computed:
            together = _bytes_of(self.rows, self._images) <= _TOGETHER
            computed.clear()
            computed |= feature_maps(self.net, self._images, None if together else layer)
        return computed[layer]

    def _forget(self) -> None:
        self._computed = {}

    def _exchange(self, read: Callable[[], tuple[Any, str]]) -> None:
        self._unread.append(read)
        self._request(self._show_present)

    def _take_image(self) -> None:
        """Read the image asked for last; one that cannot be shown leaves the present one."""
        if not self._unread:
            return
        try:
            images, name = self._unread.pop()()
            about = {"_image_name": name, "_photograph": photograph_bytes(self.net, images)}
            layers_for(self.net, images)
        except Exception as error:
            self._show_error(error)
            return
        self._images, self._computed, self._about_image = images, {}, about

    def _take_message(self, _widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        name = str(content.get("name", ""))
        if content.get("kind") == "sample":
            self.set_image(name)
        elif content.get("kind") == "upload" and buffers:
            uploaded = bytes(buffers[0])
            self._exchange(lambda: (_uploaded(uploaded, name), name))


def _read(image: Any) -> tuple[Any, str]:
    if isinstance(image, str | PathLike):
        return load_image(image), Path(image).name
    if isinstance(image, bytes | bytearray | memoryview | Image.Image):
        return load_image(image), ""
    return image, ""


def _uploaded(data: bytes, name: str) -> np.ndarray:
    try:
        return load_image(data)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _offered_samples(vision: VisionModel) -> list[str]:
    if not takes_photographs(vision):
        return []
    try:
        return list(sample_images())
    except ImportError:
        return []


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
