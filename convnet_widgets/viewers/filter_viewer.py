"""The panel that shows the learned filters of a layer."""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from threading import Event
from typing import Any, ClassVar, Literal

import numpy as np
import traitlets

from ..core.filters import convolution_rows, filter_weights
from ..core.layer_table import LayerInfo
from ..core.layers import list_layers
from ..core.networks import VisionModel, as_vision_model
from ..rendering.colour_maps import kernel_colours
from ..rendering.filter_figures import filter_figure, filters_figure
from ..rendering.view_figure import ViewFigure
from ..widgets._assets import module, style
from ._panel import LayerChoice
from ._planes import as_planes
from ._viewer import Viewer

KINDS = ("colour", "channels", "single", "pointwise")


class FilterViewer(Viewer):
    """The filters of a convolution, drawn as what they are.

    Filters over three channels, as in a first layer, are shown in colour and each channel
    for itself; filters over one channel (grey images, depthwise convolutions) and those of
    1-D convolutions as one picture each; 1×1 filters as bars, a weight for each input
    channel; any other by the channels of one chosen filter, page by page. Choosing a filter
    needs no kernel.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network, built; it is not changed.
    layer : str or int, optional
        Path, unique name, or index as in ``model.layers`` of a convolution; the first by
        default.
    filter : int
        The filter chosen first.
    **traits
        Traits to begin with: `channel`, `colour_map`, `intensity`, `page_size` …, see
        :class:`MapGrid`.

    Attributes
    ----------
    layer, filter, channel : str, int, int
        What is shown; may be set and linked.
    filters : int
        How many filters the layer has.
    kind : {"colour", "channels", "single", "pointwise"}
        How they are drawn.

    Raises
    ------
    LayerNotFoundError
        If the layer is not there or is no convolution, with near names.
    ValueError
        If the network has no convolution, or is not built yet.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("VGG16", weights="random", include_top=False)
    >>> cw.FilterViewer(net, "block1_conv1", filter=5)
    FilterViewer(layer='block1_conv1', filter=5, channel=0)
    """

    _esm = module("filter_viewer.js")
    _css = style(
        "controls.css", "layer_dropdown.css", "map_grid.css", "map_view.css", "viewers.css"
    )
    _shown: ClassVar[tuple[str, ...]] = ("layer", "filter", "channel")
    _lack = "is no convolution that is built and has no filters"

    filter = traitlets.Int(0).tag(sync=True)
    filters = traitlets.Int(0).tag(sync=True)
    filter_page = traitlets.Int(0, min=0).tag(sync=True)
    kind = traitlets.Enum(KINDS, "channels").tag(sync=True)
    _colours = traitlets.Bytes(b"").tag(sync=True)
    _weights = traitlets.Bytes(b"").tag(sync=True)

    def __init__(
        self, net: Any, layer: str | int | None = None, filter: int = 0, **traits: Any
    ) -> None:
        vision = as_vision_model(net)
        rows = _shown_by_kernel(convolution_rows(vision))
        if not rows:
            raise ValueError(_no_filters(vision))
        self._kernels = np.zeros((0, 1, 1, 1), np.float32)
        traits = {"colour_map": "coolwarm", "intensity": "signed", "filter": filter, **traits}
        first = rows[0].path if layer is None else layer
        super().__init__(LayerChoice(vision, list_layers(vision), rows, first), **traits)

    @property
    def weights(self) -> np.ndarray:
        """The filters shown, float32 (filters, height, width, in_channels), once they are there."""
        self.wait()
        return self._kernels

    def figure(self, what: Literal["filter", "layer"] = "filter") -> ViewFigure:
        """Draw the present view with matplotlib, with real weights.

        Parameters
        ----------
        what : {"filter", "layer"}
            The chosen filter alone, or every filter of the layer. Weights are coloured about
            zero, whatever the `intensity`.

        Returns
        -------
        ViewFigure
            A :class:`matplotlib.figure.Figure`, interactive under ``%matplotlib widget``.

        Raises
        ------
        ValueError
            If every filter is asked for where each has a page of channels of its own.
        """
        kernels = _flat(self.weights)  # waits, and the kind is known after that
        if what == "layer" and self.kind == "channels":
            raise ValueError(
                f"{self.filters} filters of {self.channels} channels do not fit in one picture; "
                "choose one by `filter` and draw it with figure('filter')"
            )
        if self.kind == "colour":
            kernels = _as_rgb(kernels, takes_bgr(self.net))
        title = f"{self.caption}\n{self._shown_layer}"
        if what == "filter":
            chosen = min(self.filter, len(kernels) - 1)
            title += f", filter {chosen}"
            return filter_figure(kernels[chosen], title=title, colour_map=self.colour_map)
        if what == "layer":
            return filters_figure(kernels, title=title, colour_map=self.colour_map)
        raise ValueError(f"a figure shows the 'filter' or the 'layer', not {what!r}")

    def _show(self, layer: str, cancelled: Event) -> None:
        kernels = filter_weights(self.net, layer)
        kind = _kind(kernels, first=layer == self.rows[0].path)
        if cancelled.is_set():
            return
        self._kernels, self._shown_layer = kernels, layer
        traits: dict[str, Any] = {
            "filters": len(kernels),
            "filter": self.filter,
            "filter_page": 0,
            "kind": kind,
        }
        traits |= {"_colours": b"", "_weights": b"", "label": f"Filters of {layer}"}
        traits["filter"] = max(0, min(traits["filter"], len(kernels) - 1))
        getattr(self, f"_show_{kind}")(kernels, traits)

    def _show_colour(self, kernels: np.ndarray, traits: dict[str, Any]) -> None:
        rgb = _as_rgb(kernels, takes_bgr(self.net))
        self.set_maps(rgb, **traits | {"_colours": kernel_colours(rgb).tobytes()})

    def _show_channels(self, kernels: np.ndarray, traits: dict[str, Any]) -> None:
        self.set_maps(_flat(kernels), **traits)

    def _show_single(self, kernels: np.ndarray, traits: dict[str, Any]) -> None:
        self.set_maps(_pictures(kernels), **traits)

    def _show_pointwise(self, kernels: np.ndarray, traits: dict[str, Any]) -> None:
        vectors = kernels.reshape(len(kernels), 1, 1, -1)
        self.set_maps(vectors, **traits | {"_weights": vectors.tobytes()})

    def _channels_of(self, layer: str) -> int:
        kernels = self._kernels_of(layer)
        single = _kind(kernels, first=layer == self.rows[0].path) == "single"
        return len(kernels) if single else kernels.shape[-1]

    def _kernels_of(self, layer: str) -> np.ndarray:
        return self._kernels if layer == self._shown_layer else filter_weights(self.net, layer)

    @traitlets.validate("filter")
    def _within_filters(self, proposal: Any) -> int:
        return max(0, min(proposal.value, len(self._kernels_of(self.layer)) - 1))


def _no_filters(net: VisionModel) -> str:
    if net.model.built:
        return f"{net.name} has no convolution, so it has no filters"
    return f"{net.name} is not built and has no filters yet; call it once on an image"


def _shown_by_kernel(rows: list[LayerInfo]) -> list[LayerInfo]:
    """Rows that state the kernel's size; a kernel can be shown whatever the layer's maps are."""
    return [
        replace(row, has_maps=True, output_shape=(None, *(row.kernel_shape or ()))) for row in rows
    ]


def _kind(kernels: np.ndarray, *, first: bool) -> str:
    _, *size, channels = kernels.shape
    if prod(size) == 1:
        return "pointwise"
    if channels == 1 or len(size) == 1:
        return "single"
    return "colour" if first and channels == 3 and len(size) == 2 else "channels"


def _flat(kernels: np.ndarray) -> np.ndarray:
    """Kernels of any rank as (filters, height, width, channels)."""
    return np.stack([as_planes(kernel) for kernel in kernels])


def _pictures(kernels: np.ndarray) -> np.ndarray:
    """One picture (height, width, filters) a filter; that of a 1-D one has a row a channel."""
    one_dimensional = kernels.ndim == 3
    pictures = np.moveaxis(kernels, 2, 1) if one_dimensional else _flat(kernels)[..., 0]
    return np.moveaxis(pictures, 0, -1)


def _as_rgb(kernels: np.ndarray, bgr: bool) -> np.ndarray:
    return kernels[..., ::-1] if bgr else kernels


def takes_bgr(net: VisionModel) -> bool:
    """Whether the preprocessing puts blue first, as Caffe's networks want it."""
    if net.preprocess is None:
        return False
    try:
        return _turns_red_to_the_end(net.preprocess)
    except Exception:  # made for other shapes than a picture's
        return False


def _turns_red_to_the_end(preprocess: Callable[..., Any]) -> bool:
    black, red = np.zeros((1, 1, 1, 3), np.float32), np.array([[[[255, 0, 0]]]], np.float32)
    change = np.asarray(preprocess(red)) - np.asarray(preprocess(black))
    return int(np.argmax(np.abs(change))) == 2
