"""Where the things are that the sample photographs show."""

from typing import NamedTuple


class Box(NamedTuple):
    """A part of a photograph, in its pixels; `bottom` and `right` are just beyond it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def place(self):
        """Its rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


CAT = Box(0, 30, 300, 350)  # its head
CUP = Box(16, 170, 250, 410)  # without its foot
CUP_AND_SAUCER = Box(16, 78, 385, 480)
ROCKET = Box(120, 255, 427, 385)  # as wide as its pad


def share_within(heat, box):
    """How much of the heat, (height, width), lies in a box."""
    return heat[box.place].sum() / heat.sum()
