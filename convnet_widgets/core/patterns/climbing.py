"""The ascent of many filters in small batches, and of those that need it with help."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, UInt8

from .cache import Cache
from .displaying import displayable
from .keeping import Kept
from .requests import Filters, Request
from .results import Status
from .steps import DivergedError, Step, joined


@dataclass(frozen=True, eq=False)
class Climb:
    """What some filters have reached.

    Attributes
    ----------
    filters : tuple of int
        Those that this is about.
    step : Step
        Images and what they score. At first those of the start, whose scores are NaN: not known.
        While the layer is read before its activation, scores are means before it.
    ahead : ndarray of float32, shape (filters, height, width, channels)
        The images after the change, whose scores are not known yet.
    attempt : int
        0 as the recipe says, 1 with help.
    status : tuple of {"ok", "helped", "weaker", "silent"}, or None
        Final for these filters, as are then images and scores, which are means behind the
        activation; None while more may come.
    """

    filters: Filters
    step: Step
    ahead: Float32[np.ndarray, "filters height width channels"]
    attempt: int = 0
    status: tuple[Status, ...] | None = None

    @property
    def pictures(self) -> UInt8[np.ndarray, "filters height width channels"]:
        """The images after the change, ready to be shown."""
        return displayable(self.ahead, self.step.display)


def climb(request: Request, cache: Cache | None = None) -> Iterator[Climb]:
    """Make the patterns of a request a small step at a time.

    First those that are kept come, finished, then the starts of all others, before anything is
    compiled. Then they climb in batches, each step for all of them before the next; and those that
    stay blank again, with help. Between two items nothing runs: who stops asking stops, and who
    asks again goes on.

    Parameters
    ----------
    request : Request
        Filters that it names twice are made once.
    cache : Cache, optional
        From where patterns are taken, and where finished ones are kept.

    Returns
    -------
    iterator of Climb
        Each filter comes to a status once.

    Raises
    ------
    ValueError
        If images are too small, or weights are not finite.
    DivergedError
        If a pattern diverges, with the step; its `last` holds the last good pictures of all
        filters, in the order of the request, each once.
    """
    kept, good = Kept(request, cache), dict[int, Step]()
    try:
        for item in _items(request, kept):
            good |= _by_filter(item.filters, item.step)
            if item.status:
                kept.keep(item.filters, item.step, item.status)
            yield item
    except DivergedError as error:
        last = None
        if error.step:
            steps = [good[filter] for filter in dict.fromkeys(request.filters)]
            last = joined([replace(step, number=error.step - 1) for step in steps])
        raise DivergedError(error.step, error.images, last, "filters") from None


def _items(request: Request, kept: Kept) -> Iterator[Climb]:
    found, step, status = kept.found()
    if step is not None:
        yield Climb(found, step, step.images, 0, status)
    missing = tuple(filter for filter in dict.fromkeys(request.filters) if filter not in found)
    if missing:
        yield _start(request, missing)
        yield from _climbs(request, missing)


def _start(request: Request, filters: Filters) -> Climb:
    ascent = request.ascent(filters)
    images = ascent.images(ascent.start()).numpy()
    unknown = np.full(len(filters), np.nan, "float32")
    return Climb(filters, Step(0, images, unknown, None, request.recipe.display), images)


def _climbs(request: Request, filters: Filters) -> Iterator[Climb]:
    blank = yield from _attempt(request, filters, 0)
    silent = [filter for filter, one in blank.items() if one.was_silent]
    falling = [filter for filter, one in blank.items() if not one.was_silent]
    silent = yield from _helped(request.patient(), silent)
    falling = yield from _helped(request.finer(), falling)
    left = [filter for filter in blank if filter in {*silent, *falling}]
    if left:
        steps = {filter: blank[filter].step for filter in left}
        fates: list[Status] = ["silent" if blank[one].was_silent else "weaker" for one in left]
        yield _item(steps, 0, tuple(fates))


def _helped(remedy: Request | None, filters: list[int]) -> Generator[Climb, None, list[int]]:
    """Try a remedy; returned are the filters that are still blank."""
    if remedy and filters:
        return list((yield from _attempt(remedy, filters, 1)))
    return filters


@dataclass(frozen=True, eq=False)
class _Blank:
    """The last step of a filter that answers no more than to the noise of the start."""

    step: Step
    was_silent: bool


def _attempt(
    request: Request, filters: Sequence[int], attempt: int
) -> Generator[Climb, None, dict[int, _Blank]]:
    """Climb once; returned are the filters that are blank."""
    blank, noise = dict[int, _Blank](), dict[Filters, np.ndarray]()
    for part, move in request.rounds(filters):
        if move.step.number == 0:
            noise[part] = _activations(request, part, move.step)
        if move.step.number < request.recipe.steps:
            yield Climb(part, move.step, move.ahead, attempt)
        else:
            yield from _finished(request, part, move.step, noise[part], attempt, blank)
    return blank


def _finished(
    request: Request,
    filters: Filters,
    step: Step,
    noise: Float32[np.ndarray, " filters"],
    attempt: int,
    blank: dict[int, _Blank],
) -> Iterator[Climb]:
    """Those that fire with their status, and those that do not, which are noted, without."""
    step = replace(step, objective=_activations(request, filters, step), values=None)
    rows = zip(filters, step.objective > noise, noise == 0, strict=True)
    steps, status, left = _by_filter(filters, step), dict[int, Status](), dict[int, _Blank]()
    for filter, fires, was_silent in rows:
        if fires:
            helped = attempt > 0 or (was_silent and request.recipe.helped)
            status[filter] = "helped" if helped else "ok"
        else:
            left[filter] = _Blank(steps[filter], bool(was_silent))
    blank |= left
    if status:
        yield _item({filter: steps[filter] for filter in status}, attempt, tuple(status.values()))
    if left:
        yield _item({filter: steps[filter] for filter in left}, attempt, None)


def _item(steps: Mapping[int, Step], attempt: int, status: tuple[Status, ...] | None) -> Climb:
    step = joined(list(steps.values()))
    return Climb(tuple(steps), step, step.images, attempt, status)


def _by_filter(filters: Filters, step: Step) -> dict[int, Step]:
    """A step of each filter by itself."""
    return dict(zip(filters, step.apart(), strict=True))


def _activations(request: Request, filters: Filters, step: Step) -> Float32[np.ndarray, " filters"]:
    """What the filters answer, behind the activation."""
    if not request.recipe.pre_activation:
        return step.objective
    return request.behind().ascent(filters).score(step.values)
