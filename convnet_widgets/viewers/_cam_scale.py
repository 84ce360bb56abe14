"""The scale of heatmaps side by side."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..core.attribution.method import Method
from ..core.attribution.results import Heatmap

_SHARE_BELOW = 0.99  # beside the largest few pixels of a sparse map all others would be black
_PERCENTILE = f"the {100 * _SHARE_BELOW:.0f}th percentile"
_PLACES = ("first", "second")  # side by side or one below the other


class Scale(NamedTuple):
    """What one or two maps are drawn on.

    Attributes
    ----------
    factors : list of float
        What the values of each are multiplied by, 0 or more. What comes out above 1 is drawn as 1.
    note : str
        What 1 means; empty where all are dark.
    """

    factors: list[float]
    note: str


def scale_of(maps: Sequence[Heatmap], methods: Sequence[Method]) -> Scale:
    """Bring maps to one scale, where their methods measure the same thing.

    Parameters
    ----------
    maps : sequence of Heatmap
        One or two.
    methods : sequence of Method
        That made each.
    """
    highest = [0.0 if one.reason else float(one.raw.max()) for one in maps]
    tops = [_top(*one) for one in zip(maps, methods, highest, strict=True)]
    own = [high / top if top else 1.0 for high, top in zip(highest, tops, strict=True)]
    if all(one.reason for one in maps):
        return Scale(own, "")
    largest = tops.index(max(tops))
    meaning = _PERCENTILE if own[largest] > 1 else "the largest value"
    if len(maps) == 1:
        rest = "; all above it is drawn as 1" if own[0] > 1 else " of the map"
        return Scale(own, f"Heat 1 is {meaning}{rest}.")
    if methods[0].name != methods[1].name and not all(one.of_logit for one in methods):
        of_pixels = f" Of pixels heat 1 is {_PERCENTILE}." if max(own) > 1 else ""
        note = f"Each on its own scale: the two methods measure different things.{of_pixels}"
        return Scale(own, note)
    top = tops[largest]
    note = f"One scale for both: heat 1 is {top:.3g}, {meaning} of the {_PLACES[largest]}."
    return Scale([high / top for high in highest], note)


def _top(heatmap: Heatmap, method: Method, highest: float) -> float:
    """The raw value that is drawn as heat 1."""
    if heatmap.reason or not method.is_sparse:
        return highest
    # of few pixels, the percentile may be 0
    return float(np.quantile(np.maximum(heatmap.raw, 0), _SHARE_BELOW)) or highest
