"""The panel that shows what the filters of a layer answer to most, while it is being found."""

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, ClassVar

import numpy as np
import traitlets

from ..core.layers import list_layers
from ..core.networks import as_vision_model
from ..core.patterns.recipes import RECIPES, Recipe, find_recipe
from ..widgets._assets import module, style
from ..widgets._pace import Pace
from ..widgets._picture_traits import picture_traits
from ._pattern_run import PatternRun, in_colour
from ._viewer import Viewer

_FIRST = 64  # filters shown where none are named


class PatternViewer(Viewer):
    """Patterns that the filters of a layer answer to most, sharpening while a person watches.

    Another layer, recipe, size, number of steps, seed or choice of filters begins anew in the
    background; the button stops within a step and goes on.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network, built; it is not changed.
    layer : str or int, optional
        Path, unique name, or index as in ``model.layers``; the first convolution by default.
    filters : sequence of int, optional
        Channels of the layer; the first 64 by default.
    recipe : {"fast", "book", "optvis", "lucid", "maco"} or Recipe
        How the patterns are made.
    size, steps : int, optional
        Side of a pattern in pixels, number of steps; those of the recipe by default.
    seed : int
        The same seed gives the same patterns.
    **traits
        Other traits to begin with, say `index`.

    Attributes
    ----------
    layer, filters, recipe, size, steps, seed
        What is made; may be set. No `filters` stand for the first 64.
    index : int
        Place of the chosen pattern, from 0.
    step : int
        Steps done.
    running, stopped : bool
        Whether the ascent is at work; whether a person asked it to stop, which may be set.
    status : list of {"ok", "helped", "dead"}
        What became of each filter; empty until all steps are done.
    error : str
        What went wrong in the last request, as shown in the panel.

    Raises
    ------
    LayerNotFoundError
        If the layer is not there, with near names.
    ValueError
        If there is no such recipe, or the layer has no channels.
    traitlets.TraitError
        If a filter is not there, or a number is out of its range.
    """

    _lack = "has no channels"
    _esm = module("pattern_viewer.js")
    _css = style(
        "controls.css", "layer_dropdown.css", "viewers.css", "picture_grid.css",
        "ascent_status.css", "pattern_viewer.css",
    )  # fmt: skip
    _shown: ClassVar[tuple[str, ...]] = ("layer", "recipe", "size", "steps", "seed")

    filters = traitlets.List(traitlets.Int()).tag(sync=True)
    recipe = traitlets.Unicode("fast").tag(sync=True)
    size = traitlets.Int(64, min=1).tag(sync=True)
    steps = traitlets.Int(1, min=1).tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    stopped = traitlets.Bool(False).tag(sync=True)
    status = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _seconds_left = traitlets.Float(None, allow_none=True).tag(sync=True)
    _labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _recipes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _sheet = traitlets.Bytes(b"").tag(sync=True)
    _cells = traitlets.Dict().tag(sync=True)
    _curve_steps = traitlets.Bytes(b"").tag(sync=True)
    _curves = traitlets.Bytes(b"").tag(sync=True)

    def __init__(
        self,
        net: Any,
        layer: str | int | None = None,
        filters: Sequence[int] | None = None,
        recipe: str | Recipe = "fast",
        size: int | None = None,
        steps: int | None = None,
        seed: int = 0,
        **traits: Any,
    ) -> None:
        vision, followed = as_vision_model(net), find_recipe(recipe)
        self._known = RECIPES | {followed.name: followed}
        self._run: PatternRun | None = None
        self._pace = Pace()
        all_rows = list_layers(vision)
        rows = [row for row in all_rows if row.channels]
        first = next((row for row in rows if row.kernel_shape), rows[0] if rows else None)
        if first is None:
            raise ValueError(f"{vision.name} has no layer whose channels are known")
        super().__init__(
            vision,
            all_rows,
            rows,
            first.path if layer is None else layer,
            filters=[] if filters is None else [int(one) for one in filters],
            recipe=followed.name,
            size=followed.size if size is None else size,
            steps=followed.steps if steps is None else steps,
            seed=seed,
            _recipes=list(self._known),
            **traits,
        )
        self.observe(self._follow_recipe, "recipe")
        self.observe(self._change_layer, ["filters", "size", "steps", "seed"])
        self.observe(self._stop_or_go_on, "stopped")

    @property
    def pictures(self) -> np.ndarray:
        """The patterns as far as they are, uint8 (filters, height, width, channels)."""
        self.wait()
        return self._ready().pictures

    @property
    def objective(self) -> np.ndarray:
        """What each filter has reached, float32 (filters,)."""
        self.wait()
        return self._ready().objective

    def save(self, path: str | PathLike[str]) -> None:
        """Write the patterns to a file.

        Parameters
        ----------
        path : str or path
            Ending in ``.png``: one picture with a black margin about each pattern. In ``.npz``:
            arrays `images`, `objective`, `status` and `filters`, and the layer, the recipe and
            the seed.

        Raises
        ------
        ValueError
            If it ends otherwise.
        """
        self.wait()
        self._ready().save(Path(path))

    def _ready(self) -> PatternRun:
        if self._run is None or not self._run.is_begun:
            raise RuntimeError(f"there are no patterns; {self.error or 'call refresh()'}")
        return self._run

    # --- in the worker's thread ---

    def _show(self, layer: str, cancelled: Event) -> None:
        channels = self._channels_of(layer)
        filters = [one for one in self.filters if one < channels] or range(min(_FIRST, channels))
        recipe = replace(self._known[self.recipe], size=self.size, steps=self.steps)
        self._run = PatternRun(self.net, layer, list(filters), recipe, self.seed)
        self._pace = Pace()
        self._tell({"step": 0, "_seconds_left": None, "status": []})
        self._climb(cancelled)

    def _climb(self, cancelled: Event) -> None:
        run = self._run
        if run is None:  # what was to go on is to begin anew
            return
        self.running = True
        try:
            while not (cancelled.is_set() or self.stopped or run.is_done):
                run.advance(monotonic)
                self._draw(run, draft=True)
            if run.is_done and not run.status and not cancelled.is_set():
                self._draw(run)
                run.help()
        finally:
            run.record.pause()
            if not cancelled.is_set():
                self._draw(run)
                self._tell({"running": False, "status": run.status})

    def _draw(self, run: PatternRun, draft: bool = False) -> None:
        now = monotonic()
        if not run.is_begun or (draft and not self._pace.is_due(now)):
            return
        pictures = picture_traits(in_colour(run.pictures), draft)
        self._pace.sent(now, len(pictures["_sheet"]))
        progress = {
            "step": run.record.last_step,
            "_seconds_left": run.record.seconds_left(run.recipe.steps),
            "_labels": [str(one) for one in run.filters],
            "index": min(self.index, len(run.filters) - 1),
        }
        self._tell(pictures | progress | run.record.traits())

    def _tell(self, state: dict[str, Any]) -> None:
        # to hold notifications from this thread could lose those of a choice made meanwhile
        with self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)

    # --- in the kernel's ---

    # at once, so that a Stop that comes before the worker begins is not lost
    def _forget(self) -> None:
        self._run = None
        self.stopped = False

    def _change_layer(self, _: Any) -> None:
        self.refresh()

    def _follow_recipe(self, _: Any) -> None:
        recipe = self._known[self.recipe]
        with self.hold_sync():
            self.size, self.steps = recipe.size, recipe.steps
        self.refresh()

    def _stop_or_go_on(self, change: Any) -> None:
        if not (change.new or self.running or self._run is None or self._run.is_done):
            self._request(self._climb)

    def _channels_of(self, layer: str) -> int:
        return next(row.channels for row in self.rows if row.path == layer) or 0

    @traitlets.validate("recipe")
    def _check_recipe(self, proposal: Any) -> str:
        if proposal.value not in self._known:
            known = ", ".join(self._known)
            raise traitlets.TraitError(f"there is no recipe {proposal.value!r}; there are {known}")
        return str(proposal.value)

    @traitlets.validate("filters")
    def _check_filters(self, proposal: Any) -> list[int]:
        channels = self._channels_of(self.layer)
        wrong = [one for one in proposal.value if not 0 <= one < channels]
        if wrong:
            raise traitlets.TraitError(
                f"the layer {self.layer!r} has filters 0–{channels - 1}; got {wrong}"
            )
        return list(proposal.value)
