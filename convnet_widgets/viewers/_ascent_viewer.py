"""A viewer with an ascent at work, which can be stopped, goes on, and follows what is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Any

import traitlets

from ..core.patterns.cache import Cache
from ..core.patterns.recipes import Recipe
from ..core.patterns.requests import Request, requested
from ..widgets._pace import Pace
from ._image_viewer import ChosenImage
from ._panel import LayerChoice
from ._pattern_companions import CompanionViewer
from ._pattern_run import PatternRun
from ._pattern_traits import NOTHING, run_traits, size_of

_FIRST = 64  # filters shown where none are named


@dataclass(frozen=True)
class _Wanted:
    """What is asked for, as of one moment."""

    layer: str
    filters: tuple[int, ...]
    recipe: str
    size: int
    steps: int
    seed: int
    turn: int


class AscentViewer(CompanionViewer):
    """A panel of patterns without its public face, see :class:`PatternViewer`.

    Parameters
    ----------
    choice, chosen, **traits
        As for :class:`ImageViewer`.
    known : mapping of str to Recipe
        The recipes to choose from.
    cache : Cache or None
        Where patterns are kept.
    """

    filters = traitlets.List(traitlets.Int()).tag(sync=True)
    recipe = traitlets.Unicode("fast").tag(sync=True)
    size = traitlets.Int(64, min=1).tag(sync=True)
    steps = traitlets.Int(1, min=1).tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    stopped = traitlets.Bool(False).tag(sync=True)
    status = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _share = traitlets.Float(0.0).tag(sync=True)
    _seconds_left = traitlets.Float(None, allow_none=True).tag(sync=True)
    _helping = traitlets.Int(0).tag(sync=True)
    _over = traitlets.Bool(False).tag(sync=True)
    _failed = traitlets.Bool(False).tag(sync=True)
    _labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _recipes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _sheet = traitlets.Bytes(b"").tag(sync=True)
    _cells = traitlets.Dict().tag(sync=True)
    _curve_steps = traitlets.Bytes(b"").tag(sync=True)
    _curves = traitlets.Bytes(b"").tag(sync=True)
    _kept = traitlets.Dict().tag(sync=True)
    _helped = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        choice: LayerChoice,
        chosen: ChosenImage,
        known: Mapping[str, Recipe],
        cache: Cache | None,
        **traits: Any,
    ) -> None:
        self._known, self._cache = dict(known), cache
        self._run: PatternRun | None = None
        self._run_of: _Wanted | None = None
        self._pace = Pace()
        super().__init__(choice, chosen, _recipes=list(known), **traits)
        self.observe(self._follow_recipe, "recipe")
        self.observe(self._change_layer, ["filters", "size", "steps", "seed"])
        self.observe(self._stop_or_go_on, "stopped")

    # --- in the worker's thread ---

    def _show(self, layer: str, cancelled: Event) -> None:
        wanted = self._wanted(layer)
        run = self._run if self._run_of == wanted else None
        run = run or self._begun(wanted)
        self._take_image()
        try:
            self._climb(run, cancelled)
        finally:
            run.countdown.pause()
            if not cancelled.is_set():
                self._rest_with(run)
        self._show_map(layer, cancelled)

    def _rest_with(self, run: PatternRun) -> None:
        if run.has_failed and not run.has_moved:
            self._tell(NOTHING)  # noise might be taken for patterns
        else:
            self._draw(run)
        self.running = False

    def _wanted(self, layer: str) -> _Wanted:
        made = (self.recipe, self.size, self.steps, self.seed)
        return _Wanted(layer, tuple(self.filters), *made, self._turn)

    def _begun(self, wanted: _Wanted) -> PatternRun:
        self._run = self._run_of = None
        self._pace = Pace()
        try:
            companions = self._companions(wanted.layer)
            run = PatternRun(self._requested(wanted), self._cache)
            run.advance(monotonic)
        except Exception:
            self._tell(NOTHING)
            raise
        self._run, self._run_of = run, wanted
        self._tell(companions)
        return run

    def _requested(self, wanted: _Wanted) -> Request:
        channels = self._channels_of(wanted.layer)
        filters = [one for one in wanted.filters if one < channels]
        made = (self._known[wanted.recipe], wanted.size, wanted.steps, wanted.seed)
        return requested(
            self.net, wanted.layer, filters or range(min(_FIRST, channels)), *made, None
        )

    def _climb(self, run: PatternRun, cancelled: Event) -> None:
        while not (cancelled.is_set() or self.stopped or run.is_over):
            self.running = True
            self._draw(run, draft=True)
            if run.has_moved:
                self._show_map(run.request.layer, cancelled)
            run.advance(monotonic)

    def _draw(self, run: PatternRun, draft: bool = False) -> None:
        now = monotonic()
        if not run.is_begun or (draft and not self._pace.is_due(now)):
            return
        traits = run_traits(run, draft)
        self._pace.sent(now, size_of(traits))
        self._tell(traits)

    # --- in the kernel's ---

    def _change_layer(self, _: Any) -> None:
        self.stopped = False  # at once, so that a Stop before the worker begins is not lost
        self._request(self._show_present)

    def _forget(self) -> None:
        super()._forget()
        self.stopped = False

    def _follow_recipe(self, change: Any) -> None:
        recipe = self._known[self.recipe]
        with self.hold_sync():
            self.size, self.steps = recipe.size, recipe.steps
        self._change_layer(change)

    # the job may have seen the Stop already: another goes on where it ends
    def _stop_or_go_on(self, change: Any) -> None:
        if not (change.new or self._run is None or self._run.is_over):
            self._request(self._show_present)

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
        return list(dict.fromkeys(proposal.value))
