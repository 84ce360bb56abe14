"""The ascent of many filters in batches, and of those that need it with help."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .ascent import Ascent
from .requests import Request
from .results import Status


@dataclass(frozen=True, eq=False)
class Pattern:
    """The optimised image of a filter.

    Attributes
    ----------
    image : ndarray of float32, shape (height, width, channels)
        As it is, without bounds where the recipe sets none.
    activation, noise : float32
        The filter's mean for the image and for its start, behind the activation.
    """

    image: np.ndarray
    activation: np.float32
    noise: np.float32

    @property
    def is_blank(self) -> bool:
        """Whether the filter answers no more than to the noise of the start."""
        return not self.activation > self.noise

    @property
    def was_silent(self) -> bool:
        """Whether the start made the filter fire nowhere."""
        return not self.noise


def climb(request: Request, filters: Sequence[int]) -> Iterator[tuple[int, Pattern, Status]]:
    """Make the patterns of filters, with help for those that stay blank.

    Parameters
    ----------
    request : Request
        Its own filters do not count.
    filters : sequence of int
        Each once.

    Returns
    -------
    iterator of (int, Pattern, str)
        Filter, pattern and status, batch by batch.
    """
    if not filters:
        return
    for part, ascent in request.batches(filters):
        patterns = _climbed(request, part, ascent)
        helped = _helped(request, patterns)
        for filter in part:
            pattern = helped.get(filter, patterns[filter])
            needed_help = filter in helped or (pattern.was_silent and request.recipe.helped)
            yield filter, pattern, _status(pattern, needed_help)


def _status(pattern: Pattern, needed_help: bool) -> Status:
    if pattern.is_blank:
        return "dead"
    return "helped" if needed_help else "ok"


def _helped(request: Request, patterns: dict[int, Pattern]) -> dict[int, Pattern]:
    """Other patterns of those filters that are blank and answer more with help."""
    blank = [filter for filter, pattern in patterns.items() if pattern.is_blank]
    silent = [filter for filter in blank if patterns[filter].was_silent]
    falling = [filter for filter in blank if filter not in silent]
    return _tried(request.remedies(), silent) | _tried(request.finer(), falling)


def _tried(remedies: Iterator[Request], filters: list[int]) -> dict[int, Pattern]:
    helped: dict[int, Pattern] = {}
    for remedy in remedies:
        left = [filter for filter in filters if filter not in helped]
        if left:
            tried = _climbed(remedy, left, remedy.ascent(left))
            helped |= {filter: one for filter, one in tried.items() if not one.is_blank}
    return helped


def _climbed(request: Request, filters: Sequence[int], ascent: Ascent) -> dict[int, Pattern]:
    steps = ascent.steps()
    first = last = next(steps)
    for step in steps:
        last = step
    noise, activations = first.objective, last.objective
    if request.recipe.pre_activation:
        behind = request.changed(request.seed, pre_activation=False).ascent(filters)
        noise, activations = behind.score(first.values), behind.score(last.values)
    patterns = map(Pattern, last.images, activations, noise)
    return dict(zip(filters, patterns, strict=True))
