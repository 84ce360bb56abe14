"""Long work of a panel a step at a time: how far it is, and whether it was stopped."""

from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic
from typing import Any

from ..widgets._countdown import Countdown
from ..widgets._pace import Pace

AT_REST: dict[str, Any] = {
    **{"running": False, "step": 0, "steps": 0},
    **{"_seconds_left": None, "_doing": ""},
}
"""Traits of a panel that does nothing."""


def last_of(
    doing: str,
    steps: Iterator[Any],
    is_over: Callable[[], bool],
    tell: Callable[[dict[str, Any]], None],
) -> Any:
    """The result that the last of some steps has; None where the work was stopped.

    Parameters
    ----------
    doing : str
        What is done, for the panel.
    steps : iterator of (done, total, result)
        The result None but for the last. It is closed where the work is stopped.
    is_over : callable
        Whether the work is to stop.
    tell : callable
        Gets the traits of a panel at work, at most ten times a second.
    """
    pace, countdown = Pace(), Countdown(0)
    for done, total, result in steps:
        if result is not None:
            return result
        if is_over():
            steps.close()  # type: ignore[attr-defined]
            return None
        now = monotonic()
        countdown.total = total
        countdown.advance(done - countdown.done, now)
        if pace.is_due(now):
            pace.sent(now)
            left = {"_seconds_left": countdown.seconds_left, "_doing": doing}
            tell({"running": True, "step": done, "steps": total, **left})
    return None


def told_to_end(cancelled: Event, panel: Any) -> Callable[[], bool]:
    """Whether a later request, or a person, ended the work of a panel."""
    return lambda: cancelled.is_set() or panel.stopped
