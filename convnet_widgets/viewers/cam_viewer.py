"""The panel that shows where in a photograph a network found what it says."""

from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Literal

from ..core.attribution.method import Method
from ..core.attribution.methods import as_method
from ..core.attribution.results import Heatmap
from ..core.networks import as_vision_model
from ..rendering.curve_figures import curves_figure
from ..rendering.encoding import encode
from ..rendering.overlays import superimpose
from ..rendering.view_figure import ViewFigure
from ..widgets._assets import module, style
from ._cam_image import cam_image
from ._cam_network import CamNetwork
from ._cam_panel import CamPanel
from ._cam_quality import CamQuality
from ._cam_view import CamView


class CamViewer(CamPanel):
    """Where in a photograph a network found a class, as heat over the photograph.

    The likeliest classes, the layer, the method and the photograph are choices; two classes or two
    methods stand side by side. Opacity, colour map, threshold and reading values need no kernel.
    Of saliency and its like, whose largest pixel dwarfs the others, heat 1 is the 99th percentile.
    Slow methods show how far they are and can be stopped; the rest stays usable meanwhile.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network; it is not changed.
    image : str, path, bytes, PIL image, array, or list or dict of arrays
        What :func:`load_image` reads, or an array as the network takes it, pixels 0–255; for a
        network of several inputs a list or dict of arrays. Of a batch the first image is shown.
    layer : str or int, optional
        Path, unique name, or index as in ``model.layers``; the last that has places and that the
        score depends on by default. A network without any has maps of pixels alone.
    target : int, str, Contrast, Region or callable, optional
        What is explained, as for :func:`class_activation_map`; the likeliest class by default.
    method : str or Method
        A name of :func:`list_methods`, or an instance with other parameters.
    output : str or int, optional
        Which output of a network of several, as for :func:`predict`.
    **traits
        Other traits to begin with: `compare`, `alpha`, `colour_map`, `threshold` …, see
        :class:`HeatmapOverlay`.

    Attributes
    ----------
    layer, target, method
        What is shown; may be set. A `target` of None is the likeliest class.
    compare : {"none", "class", "method"}
        What stands beside it: nothing, `other_target` or `other_method`.
    other_target, other_method
        What it is compared with; by default the likeliest other class, and LayerCAM.
    top : int
        How many of the likeliest classes are offered.
    alpha, threshold : float
        Opacity of the heat, and the least heat that is drawn, in [0, 1].
    colour_map : str
        By matplotlib's names.
    running, stopped : bool
        Whether a slow method is at work; whether a person asked it to stop, which may be set.
    error : str
        What went wrong in the last request, as shown in the panel.

    Raises
    ------
    LayerNotFoundError, LookupError
        If the layer or class is not there, with near names.
    ValueError
        If there is no such method or no layer with places, or the image does not fit.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("EfficientNetLite0")
    >>> cw.CamViewer(net, "cat")
    CamViewer(layer='top_activation', target=None, method='grad_cam')
    """

    _lack = "has no places, or no score depends on it"
    _esm = module("cam_viewer.js")
    _css = style(
        "controls.css", "layer_dropdown.css", "map_view.css", "viewers.css", "heatmap_overlay.css",
        "ascent_status.css", "cam_viewer.css",
    )  # fmt: skip
    _shown: ClassVar[tuple[str, ...]] = ("layer", "target", "method")

    def __init__(
        self,
        net: Any,
        image: Any,
        layer: str | int | None = None,
        target: Any = None,
        method: str | Method = "grad_cam",
        output: str | int | None = None,
        **traits: Any,
    ) -> None:
        network, given = CamNetwork(as_vision_model(net), output), as_method(method)
        chosen = cam_image(network.vision, image)
        network.check(chosen.images, target)
        choice = network.layers(chosen.images, layer, given.takes_layer)
        super().__init__(
            network, choice, chosen, [given], target=target, method=given.name, **traits
        )

    @property
    def heatmap(self) -> Heatmap:
        """The heatmap shown, the first of two, once it is there."""
        return self._ready().maps[0]

    @property
    def heatmaps(self) -> list[Heatmap]:
        """All heatmaps shown, one or two, once they are there."""
        return list(self._ready().maps)

    @property
    def quality(self) -> CamQuality:
        """How far the heatmap can be trusted, measured now where it was not before.

        Insertion and deletion curves, the drop of the probability seen through the heat, and the
        check by randomisation. Takes some hundred passes through the network.
        """
        self.measure_quality()
        self._worker.wait()
        if self._measured is None:
            raise RuntimeError(f"nothing was measured; {self.error or 'it was stopped'}")
        return self._measured

    def figure(self, what: Literal["heat", "quality"] = "heat") -> ViewFigure:
        """Draw the present view with matplotlib.

        Parameters
        ----------
        what : {"heat", "quality"}
            The heat over the photograph, with a colour bar and its values under the pointer; or
            the insertion and deletion curves, measured now where they were not before.

        Returns
        -------
        ViewFigure
            A :class:`matplotlib.figure.Figure`, interactive under ``%matplotlib widget``.

        Raises
        ------
        RuntimeError
            If there is nothing to draw.
        """
        view = self._ready()
        if what == "heat":
            look = {"alpha": self.alpha, "threshold": self.threshold}
            return view.figure(self.caption, {"colour_map": self.colour_map, **look})
        if what != "quality":
            raise ValueError(f"a figure shows the 'heat' or the 'quality', not {what!r}")
        quality = self.quality
        if quality.curves is None:
            raise RuntimeError(f"there are no curves: {quality.lacks['curves']}")
        return curves_figure(
            quality.curves, title=f"{self.caption}\n{view.titles[0]}", score=quality.answer
        )

    def save(self, path: str | PathLike[str], intensity: float = 0.4) -> None:
        """Write the photograph with the heat added to it, at the photograph's own size.

        Parameters
        ----------
        path : str or path
            Ending in ``.png``.
        intensity : float
            Share of the heat's colours that is added, 0 or more: the factor of F. Chollet, Deep
            Learning with Python, listing 5.44.

        Raises
        ------
        ValueError
            If the path ends otherwise, or the intensity is negative.
        RuntimeError
            If there is no heat to add, or no photograph.
        """
        file, view = Path(path), self._ready()
        if file.suffix.lower() != ".png":
            raise ValueError(f"a photograph with its heat is saved as .png; got {str(path)!r}")
        if view.maps[0].reason:
            raise RuntimeError(f"there is no heat to save: {view.maps[0].reason}")
        if view.image.picture is None:
            raise RuntimeError("a network of several inputs has no photograph; save figure()")
        file.write_bytes(
            encode(
                superimpose(
                    view.image.picture,
                    view.heat(),
                    colour_map=self.colour_map,
                    intensity=intensity,
                )
            )
        )

    def _ready(self) -> CamView:
        self._worker.wait()
        if self._view is None:
            raise RuntimeError(f"there is no heatmap; {self.error or 'it was stopped'}")
        return self._view
