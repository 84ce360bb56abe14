"""A run as the traits that hold it in the browser."""

from typing import Any

from ..widgets._ascent_record import AscentRecord
from ..widgets._picture_traits import draft_traits, picture_traits
from ._pattern_run import PatternRun, in_colour

NOTHING: dict[str, Any] = {
    **{"_sheet": b"", "_cells": {}, "_labels": [], "status": []},
    **{"step": 0, "_share": 0.0, "_seconds_left": None, "running": False},
    **{"_helping": 0, "_over": False, "_failed": True, "_kept": {}, "_helped": {}},
    **AscentRecord().traits(),
}
"""Where nothing could be begun."""


def run_traits(run: PatternRun, draft: bool) -> dict[str, Any]:
    """Traits of a run as far as it is; a draft has its pictures as JPEG."""
    return {
        **(_draft(run) if draft else picture_traits(in_colour(run.pictures))),
        **run.record.traits(),
        "_kept": _by_place(run.kept),
        "_helped": _by_place(run.helped),
        "_labels": [str(one) for one in run.request.filters],
        "status": list(run.status),
        "step": run.step,
        "_share": run.countdown.share,
        "_seconds_left": run.countdown.seconds_left,
        "_helping": run.helping,
        "_over": run.is_over,
        "_failed": run.has_failed,
    }


def _by_place(values: dict[int, float]) -> dict[str, float]:
    return {str(place): value for place, value in values.items()}


def _draft(run: PatternRun) -> dict[str, Any]:
    return draft_traits(run.small, run.pictures.shape, run.reduction)


def size_of(traits: dict[str, Any]) -> int:
    """Bytes that the binary ones take."""
    return sum(len(value) for value in traits.values() if isinstance(value, bytes))
