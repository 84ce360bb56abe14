"""A few moments of a long course, evenly apart."""

import numpy as np
from jaxtyping import UInt8

from ..rendering.mosaic import layout

_MOST = 31  # moments, and the one of now
_PIXELS = 2**20  # of a moment, all pictures together


class Film:
    """At most 32 moments of at most about a million pixels, whatever comes.

    Once there are too many, every other one goes, and from then on half as many are taken.
    """

    def __init__(self) -> None:
        self._moments: dict[int, np.ndarray] = {}
        self._every = 1

    def add(self, number: int, pictures: UInt8[np.ndarray, "pictures height width 3"]) -> None:
        """Take the moment of a number, from 0 on, where it is its turn."""
        if number % self._every:
            return
        self._moments[number] = reduced(pictures)
        if len(self._moments) > _MOST:
            self._every *= 2
            kept = {n: one for n, one in self._moments.items() if n % self._every == 0}
            self._moments = kept

    def until(
        self, number: int, pictures: UInt8[np.ndarray, "pictures height width 3"]
    ) -> list[UInt8[np.ndarray, "pictures height width 3"]]:
        """The moments before a number in their order, and the one of now at the end."""
        earlier = [self._moments[n] for n in sorted(self._moments) if n < number]
        return [*earlier, reduced(pictures)]


def reduced(
    pictures: UInt8[np.ndarray, "pictures height width 3"],
) -> UInt8[np.ndarray, "pictures height width 3"]:
    """A copy of the pictures, or the means of so many pixels a side that they are few enough."""
    count, height, width, _ = pictures.shape
    rows, columns = layout(count, height, width, gap=0).shape
    side = int(np.ceil(np.sqrt(rows * columns / _PIXELS)))
    if side == 1:
        return pictures.copy()
    rows, columns = max(1, height // side), max(1, width // side)
    blocks = pictures[:, : rows * side, : columns * side]
    blocks = blocks.reshape(count, rows, -1, columns, blocks.shape[2] // columns, 3)
    return blocks.mean((2, 4), dtype=np.float32).round().astype(np.uint8)
