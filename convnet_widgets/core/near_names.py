"""Names that are near one that is not there."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

_MOST = 5
_ALIKE = 0.6  # as difflib's own close matches
_NEARLY = 0.1  # less alike than the closest, and still named


def plain(name: str) -> str:
    """A name without regard to case, spaces and underscores."""
    return " ".join(name.replace("_", " ").casefold().split())


def near_names(wanted: str, names: Sequence[str]) -> list[str]:
    """At most five of the names, the nearest first.

    Those that have what is wanted as a whole word, then those that have it as a part of one;
    without any, those with the words most alike.

    Parameters
    ----------
    wanted : str
        What is none of the names.
    names : sequence of str
        Of which equally near ones stay in this order.
    """
    known = {plain(name): name for name in names}
    sought = plain(wanted)
    having = [key for key in known if sought in key]
    having.sort(key=lambda key: not re.search(rf"\b{re.escape(sought)}\b", key))
    return [known[key] for key in (having or _alike(sought, known))[:_MOST]]


def _alike(sought: str, known: dict[str, str]) -> list[str]:
    ratios = {key: max(_ratio(sought, key), _ratio_of_words(sought, key)) for key in known}
    least = max(_ALIKE, max(ratios.values(), default=0) - _NEARLY)
    near = [key for key in known if ratios[key] >= least]
    return sorted(near, key=lambda key: -ratios[key])


def _ratio_of_words(sought: str, key: str) -> float:
    """Mean of how much each word is like the one most like it."""
    words = sought.split()
    best = (max((_ratio(word, other) for other in key.split()), default=0) for word in words)
    return sum(best) / max(len(words), 1)


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
