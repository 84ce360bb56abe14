"""A few moments of a long course, evenly apart."""

import numpy as np
from jaxtyping import UInt8

_MOST = 31  # moments, and the one of now


class Film:
    """At most 32 moments, whatever comes.

    Once there are too many, every other one goes, and from then on half as many are taken.
    """

    def __init__(self) -> None:
        self._moments: dict[int, np.ndarray] = {}
        self._every = 1

    def add(self, number: int, pictures: UInt8[np.ndarray, "pictures height width 3"]) -> None:
        """Take the moment of a number, from 0 on, where it is its turn."""
        if number % self._every:
            return
        self._moments[number] = pictures.copy()
        if len(self._moments) > _MOST:
            self._every *= 2
            kept = {n: one for n, one in self._moments.items() if n % self._every == 0}
            self._moments = kept

    def until(
        self, number: int, pictures: UInt8[np.ndarray, "pictures height width 3"]
    ) -> list[UInt8[np.ndarray, "pictures height width 3"]]:
        """The moments before a number in their order, and the one of now at the end."""
        earlier = [self._moments[n] for n in sorted(self._moments) if n < number]
        return [*earlier, pictures.copy()]
