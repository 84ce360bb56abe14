"""How much of some work is done, and how long the rest will take."""

from collections import deque
from statistics import median

_RECENT = 9  # pieces whose durations tell of the next


class Countdown:
    """The time that is left of a number of pieces of work, by the pace of the last ones.

    Parameters
    ----------
    total : int
        All pieces.
    done : int
        Of these, what is done already.
    """

    def __init__(self, total: int, done: int = 0) -> None:
        self.total, self.done = total, done
        self._paces: deque[float] = deque(maxlen=_RECENT)
        self._last: float | None = None

    def advance(self, pieces: int, now: float) -> None:
        """Note that so many pieces more were done until `now`, seconds on any clock."""
        if self._last is not None and pieces > 0:
            self._paces.append((now - self._last) / pieces)
        self._last = now
        self.done += pieces

    def pause(self) -> None:
        """Leave out of the pace what passes until work goes on."""
        self._last = None

    @property
    def share(self) -> float:
        """What is done of all, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all is done; None as long as there is no pace."""
        if not self._paces:
            return None
        # a compilation in the first step hardly moves a median
        return median(self._paces) * max(0, self.total - self.done)
