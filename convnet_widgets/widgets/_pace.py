"""How often a display that changes is sent to the browser."""

from dataclasses import dataclass

_INTERVAL = 0.1  # seconds: ten a second look like motion
_RATE = 1e6  # bytes a second


@dataclass
class Pace:
    """At most ten messages and a megabyte in a second."""

    _next: float = float("-inf")

    def is_due(self, now: float) -> bool:
        """Whether a message may be sent at a time, in seconds."""
        return now >= self._next

    def sent(self, now: float, size: int = 0) -> None:
        """Note that a message of `size` bytes was sent."""
        self._next = now + max(_INTERVAL, size / _RATE)
