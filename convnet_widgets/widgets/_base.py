"""What all widgets share: refused unknown keywords and a representation without addresses."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, ClassVar

import anywidget

_late = threading.local()


class Widget(anywidget.AnyWidget):
    """An anywidget that refuses unknown keywords and prints its public state.

    Raises
    ------
    TypeError
        If a keyword is not the name of a trait; near names are given.
    """

    _shown: ClassVar[tuple[str, ...]] = ("value",)

    def __init__(self, **traits: Any) -> None:
        for name in set(traits) - set(self.trait_names()):
            near = get_close_matches(name, [n for n in self.trait_names() if n[0] != "_"])
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise TypeError(f"{type(self).__name__} has no keyword {name!r}{hint}")
        super().__init__(**traits)

    def notify_change(self, change: Any) -> None:
        """Tell observers of a change, or once this thread has made the others of `_tell`."""
        changes = getattr(_late, "changes", None)
        if changes is None:
            super().notify_change(change)
        else:
            changes.append((self, change))

    def _tell(self, state: Mapping[str, Any]) -> None:
        """Set traits in the order given; the browser gets them in one message.

        Observers are told after all are set. Any thread may call it: `hold_trait_notifications`
        would hold, and could lose, those of what a person chooses meanwhile in another.
        """
        with self.hold_sync(), _notifying_late():
            for name, value in state.items():
                setattr(self, name, value)

    def __repr__(self) -> str:
        state = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__name__}({state})"


@contextmanager
def _notifying_late() -> Iterator[None]:
    changes: list[tuple[Widget, Any]] = []
    _late.changes = changes
    try:
        yield
    finally:
        _late.changes = None
        for widget, change in changes:
            widget.notify_change(change)
