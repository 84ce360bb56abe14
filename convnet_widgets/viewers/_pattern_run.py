"""One ascent of a panel: how far it is, what it has reached, and what became of each filter."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ..core.patterns.cache import Cache
from ..core.patterns.climbing import Climb, climb
from ..core.patterns.requests import Request
from ..core.patterns.results import Patterns
from ..rendering.reduction import reduced
from ..widgets._ascent_record import AscentRecord
from ..widgets._countdown import Countdown
from ..widgets._picture_traits import draft_reduction
from ._pattern_film import Film

_UNSEEN = -1  # steps of a filter of which nothing has come


class PatternRun:
    """The patterns of a request on their way.

    Parameters
    ----------
    request : Request
        Each of its filters once.
    cache : Cache or None
        From where finished patterns are taken, and where they are kept.
    """

    def __init__(self, request: Request, cache: Cache | None) -> None:
        self.request, self.steps = request, request.recipe.steps
        count = len(request.filters)
        self.record, self._film = AscentRecord(), Film()
        self.countdown = Countdown(count * self.steps)
        self.status = [""] * count
        self.is_over = self.has_failed = False
        self._items = climb(request, cache)
        self._places = {filter: place for place, filter in enumerate(request.filters)}
        self._pictures: np.ndarray | None = None
        self._small: np.ndarray | None = None
        self._objective = np.full(count, np.nan, np.float32)
        self._reached = np.full(count, _UNSEEN)
        self.kept = dict[int, float]()  # what is not climbed now reaches, by place
        self.helped = dict[int, float]()  # what is reached with help alone, by place
        self._blank: set[int] = set()

    @property
    def is_begun(self) -> bool:
        """Whether something of every filter is there, be it the start."""
        return bool((self._reached > _UNSEEN).all())

    @property
    def has_moved(self) -> bool:
        """Whether some pictures are better than their start."""
        return bool((self._reached > 0).any())

    @property
    def is_all_kept(self) -> bool:
        """Whether all pictures came from the cache."""
        return len(self.kept) == len(self._places)

    @property
    def step(self) -> int:
        """Steps that all pictures have done."""
        return int(max(0, self._reached.min()))

    @property
    def helping(self) -> int:
        """How many filters are being helped, once all that need no help are finished."""
        left = [place for place, status in enumerate(self.status) if not status]
        helps = self.request.recipe.helped and not self.is_over
        return len(left) if helps and self._blank.issuperset(left) else 0

    @property
    def pictures(self) -> UInt8[np.ndarray, "filters height width channels"]:
        """The patterns as far as they are."""
        assert self._pictures is not None
        return self._pictures

    @property
    def small(self) -> UInt8[np.ndarray, "filters rows columns 3"]:
        """The same in colour, reduced by `reduction` where they are many or large."""
        assert self._small is not None
        return self._small

    @property
    def reduction(self) -> int:
        """Pixels of a side of a pattern that are one of a small one."""
        return draft_reduction(*self.pictures.shape[:3])

    @property
    def patterns(self) -> Patterns:
        """The patterns with all it takes to make them again."""
        request = self.request
        fates: list[Any] = [one or "unfinished" for one in self.status]
        return Patterns(
            images=self.pictures.copy(),
            activations=self._objective.copy(),
            status=tuple(fates),
            filters=request.filters,
            layer=request.layer,
            recipe=request.recipe,
            seed=request.seed,
            network=request.vision.caption,
        )

    def advance(self, now: Callable[[], float]) -> bool:
        """Do a small step; `now()` is the time when it is done. False if none was left."""
        try:
            item = next(self._items, None)
        except BaseException:
            self.is_over = self.has_failed = True
            raise
        if item is None:
            self._end()
            return False
        self._take(item)
        done = int(np.maximum(self._reached, 0).sum())
        self.countdown.advance(done - self.countdown.done, now())
        return True

    def _take(self, item: Climb) -> None:
        places, before = [self._places[filter] for filter in item.filters], self._framed
        if np.isfinite(item.ahead).all():  # what diverges is not shown
            self._paint(places, item.pictures)
        if not np.isnan(item.step.objective).all():  # those of the start are not known
            self._score(places, item)
        elif item.attempt == 0:
            self._reached[places] = 0
        for place, status in zip(places, item.status or (), strict=False):
            self.status[place] = status
        if self._framed > before:
            self._film.add(self._framed, self.small)

    def _paint(
        self, places: Sequence[int], pictures: UInt8[np.ndarray, "filters height width channels"]
    ) -> None:
        if self._pictures is None:
            self._pictures = np.zeros((len(self._places), *pictures.shape[1:]), np.uint8)
        self._pictures[places] = pictures
        small = reduced(in_colour(pictures), self.reduction)
        if self._small is None:
            self._small = np.zeros((len(self._places), *small.shape[1:]), np.uint8)
        self._small[places] = small

    def _score(self, places: list[int], item: Climb) -> None:
        self._objective[places] = item.step.objective
        if item.status and (self._reached[places] == _UNSEEN).all():
            self.kept |= self._ends(places)
        elif item.attempt and item.status:
            self.helped |= self._ends(places)
        elif item.attempt == 0:
            self._draw_curves(places, item)
        if item.attempt == 0:
            done = min(item.step.number + 1, self.steps)
            self._reached[places] = np.maximum(self._reached[places], done)
            self._blank |= set(places) if item.step.number >= self.steps else set()

    # help may climb what is before the activation, or take more steps: no part of the same curve
    def _draw_curves(self, places: list[int], item: Climb) -> None:
        if self.request.recipe.pre_activation and item.step.number >= self.steps:
            return  # the last score of such a recipe is that behind the activation
        values = np.full(len(self._places), np.nan, np.float32)
        values[places] = item.step.objective
        self.record.add(item.step.number, values)

    def _ends(self, places: list[int]) -> dict[int, float]:
        return dict(zip(places, self._objective[places].tolist(), strict=True))

    def _end(self) -> None:
        self.is_over = True
        if self.is_all_kept:  # else their ends alone would bend the mean
            self.record.add(self.steps, self._objective)

    @property
    def _framed(self) -> int:
        return self.step if self.is_begun else _UNSEEN

    def film(self) -> list[UInt8[np.ndarray, "rows columns 3"]]:
        """A few pictures of the course, at most 32, the present one the last."""
        return self._film.until(self.step, self.small)


def in_colour(
    pictures: UInt8[np.ndarray, "filters height width channels"],
) -> UInt8[np.ndarray, "filters height width 3"]:
    """RGB of pictures of any number of channels: those of three as they are, else their mean."""
    if pictures.shape[-1] == 3:
        return pictures
    mean = pictures.mean(-1, keepdims=True).round().astype(np.uint8)
    return np.repeat(mean, 3, -1)
