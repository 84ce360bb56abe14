"""The panel that shows what the filters of a layer answer to most, while it is being found."""

import operator
from collections.abc import Sequence
from os import PathLike
from typing import Any, ClassVar, Literal, SupportsIndex

import traitlets

from ..core.layers import list_layers
from ..core.networks import as_vision_model
from ..core.patterns.cache import AnyCache, as_cache
from ..core.patterns.recipes import RECIPES, Recipe, find_recipe
from ..core.patterns.results import Patterns
from ..rendering.pattern_figures import pattern_figure, patterns_figure
from ..rendering.view_figure import ViewFigure
from ..widgets._assets import module, style
from ._ascent_viewer import AscentViewer
from ._image_viewer import NO_IMAGE, chosen_image
from ._panel import LayerChoice
from ._pattern_run import PatternRun, in_colour
from ._pattern_saving import save_run


class PatternViewer(AscentViewer):
    """Patterns that the filters of a layer answer to most, sharpening while a person watches.

    Another layer, recipe, size, number of steps, seed or choice of filters begins anew in the
    background; the button stops within a step and goes on. The chosen pattern stands beside the
    feature map of its filter for a photograph, and the filter's weights. Choosing one needs no
    kernel.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network, built; it is not changed.
    layer : str or int, optional
        Path, unique name, or index as in ``model.layers``; the first convolution by default.
    filters : sequence of int, optional
        Channels of the layer; the first 64 by default.
    image : str, path, bytes, PIL image, array, or list or dict of arrays, optional
        As for :class:`FeatureMapViewer`; without one no feature maps are shown.
    recipe : {"fast", "book", "optvis", "lucid", "maco"} or Recipe
        How the patterns are made.
    size, steps : int, optional
        Side of a pattern in pixels, number of steps; those of the recipe by default.
    seed : int
        The same seed gives the same patterns.
    cache : bool, Cache or path
        Whether patterns are kept on disk and taken from there, and where; a path is a folder.
    **traits
        Other traits to begin with: `channel`, `colour_map`, `intensity` …, see :class:`MapGrid`.

    Attributes
    ----------
    layer, filters, recipe, size, steps, seed
        What is made; may be set. No `filters` stand for the first 64.
    channel : int
        The filter chosen; may be set and linked. Where it is not shown, the first that is.
    step : int
        Steps that all patterns have done.
    running, stopped : bool
        Whether the ascent is at work; whether a person asked it to stop, which may be set.
    status : list of {"ok", "helped", "weaker", "silent", ""}
        What became of each filter; nothing as long as that is not known.
    error : str
        What went wrong in the last request, as shown in the panel.

    Raises
    ------
    LayerNotFoundError
        If the layer is not there, with near names.
    ValueError
        If there is no such recipe, the layer has no channels, or the image does not fit.
    traitlets.TraitError
        If a filter is not there, or a number is no whole one or out of its range.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("VGG16", weights="hed", include_top=False)
    >>> cw.PatternViewer(net, "block3_conv1", image="cat")
    PatternViewer(layer='block3_conv1', recipe='fast', size=64, steps=8, seed=0)
    """

    _lack = "has no channels"
    _esm = module("pattern_viewer.js")
    _css = style(
        "controls.css", "layer_dropdown.css", "map_view.css", "viewers.css", "picture_grid.css",
        "ascent_status.css", "pattern_viewer.css", "pattern_chosen.css",
    )  # fmt: skip
    _shown: ClassVar[tuple[str, ...]] = ("layer", "recipe", "size", "steps", "seed")

    def __init__(
        self,
        net: Any,
        layer: str | int | None = None,
        filters: Sequence[Any] | None = None,
        image: Any = None,
        recipe: str | Recipe = "fast",
        size: SupportsIndex | None = None,
        steps: SupportsIndex | None = None,
        seed: SupportsIndex = 0,
        cache: AnyCache = True,
        **traits: Any,
    ) -> None:
        vision, followed = as_vision_model(net), find_recipe(recipe)
        all_rows = list_layers(vision)
        rows = [row for row in all_rows if row.channels]
        first = next((row for row in rows if row.kernel_shape), rows[0] if rows else None)
        if first is None:
            raise ValueError(f"{vision.name} has no layer whose channels are known")
        super().__init__(
            LayerChoice(vision, all_rows, rows, first.path if layer is None else layer),
            NO_IMAGE if image is None else chosen_image(vision, image),
            RECIPES | {followed.name: followed},
            as_cache(cache),
            filters=[] if filters is None else [_whole("a filter", one) for one in filters],
            recipe=followed.name,
            size=followed.size if size is None else _whole("size", size),
            steps=followed.steps if steps is None else _whole("steps", steps),
            seed=_whole("seed", seed),
            **traits,
        )

    @property
    def patterns(self) -> Patterns:
        """The patterns as they are once all is done, or was stopped."""
        return self._ready().patterns

    def figure(self, what: Literal["filter", "layer"] = "filter") -> ViewFigure:
        """Draw the present view with matplotlib.

        Parameters
        ----------
        what : {"filter", "layer"}
            The chosen pattern beside the feature map and the weights of its filter, or all
            patterns on black, each above the number of its filter.

        Returns
        -------
        ViewFigure
            A :class:`matplotlib.figure.Figure`, interactive under ``%matplotlib widget``.
        """
        run = self._ready()
        made = run.patterns
        if what == "layer":
            pictures = in_colour(made.images)
            return patterns_figure(pictures, made.filters, run.status, title=made.caption)
        if what != "filter":
            raise ValueError(f"a figure shows the 'filter' or the 'layer', not {what!r}")
        place = made.filters.index(self.channel) if self.channel in made.filters else 0
        filter, title = made.filters[place], made.caption
        maps, kernels = self._maps, self._weights.kernels
        return pattern_figure(
            in_colour(made.images)[place],
            None if maps is None else maps[..., filter],
            kernels[filter] if len(kernels) else None,
            status=run.status[place],
            title=f"{title}\nfilter {filter}",
            colour_map=self.colour_map,
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Write the patterns to a file.

        Parameters
        ----------
        path : str or path
            Ending in ``.png``: one picture of all, with a black margin about each. In ``.npz``:
            the arrays, the layer, the recipe and the seed, see :meth:`Patterns.save`. In
            ``.gif``: how they came about, in at most 32 frames; in the place of a silent filter
            stands what was tried, and patterns from the cache stand still.

        Raises
        ------
        ValueError
            If it ends otherwise.
        RuntimeError
            If there are no patterns, or for a ``.gif`` all of them came from the cache.
        """
        save_run(self._ready(), path)

    def _ready(self) -> PatternRun:
        self._worker.wait()
        if self._run is None or not self._run.has_moved:
            raise RuntimeError(f"there are no patterns; {self.error or 'call refresh()'}")
        return self._run


def _whole(name: str, value: Any) -> int:
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass
    raise traitlets.TraitError(f"{name} is a whole number; got {value!r}")
