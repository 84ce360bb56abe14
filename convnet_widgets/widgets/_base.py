"""What all widgets share: refused unknown keywords and a representation without addresses."""

from difflib import get_close_matches
from typing import Any, ClassVar

import anywidget


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

    def __repr__(self) -> str:
        state = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__name__}({state})"
