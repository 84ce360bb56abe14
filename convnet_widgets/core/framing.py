"""Which rectangle of a photograph a network sees, and its maps laid back on the photograph."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32

FITS = ("stretch", "crop", "pad")

Length = float | int
Rectangle = tuple[Length, Length, Length, Length]


@dataclass(frozen=True)
class Frame:
    """Where in a photograph a network looked.

    Parameters
    ----------
    photograph : tuple of int
        Height and width of the photograph in pixels.
    seen : tuple of float
        Top, left, height and width of the rectangle that the network's input covers, in pixels
        of the photograph. It reaches beyond the photograph where that was padded.
    """

    photograph: tuple[int, int]
    seen: Rectangle

    def place(self, values: Float[np.ndarray, "h w"]) -> Float32[np.ndarray, "height width"]:
        """Lay a map on the photograph.

        Parameters
        ----------
        values : ndarray of floats, shape (h, w)
            A map of what the network saw, of any resolution.

        Returns
        -------
        ndarray of float32, shape (height, width)
            At the photograph's size: bilinear between the centres of the map's cells, which
            lie half a cell within it as for ``tf.image.resize``; constant from the outermost
            centres on; NaN for pixels whose centre the network did not see.
        """
        rows, columns = (self._positions(axis, values.shape[axis]) for axis in (0, 1))
        placed = interpolated(interpolated(values, rows, 0), columns, 1)
        seen = self._is_seen(0)[:, None] & self._is_seen(1)
        return np.where(seen, placed, np.float32(np.nan))

    def at_size(self, size: Sequence[int]) -> "Frame":
        """The same part of the same photograph, enlarged or reduced to (height, width)."""
        y, x = (new / old for new, old in zip(size, self.photograph, strict=True))
        top, left, height, width = self.seen
        return Frame((size[0], size[1]), (top * y, left * x, height * y, width * x))

    def within(self, window: Rectangle, size: tuple[int, int]) -> "Frame":
        """Frame of a network that goes on with a window of this one.

        Parameters
        ----------
        window : tuple of float
            Top, left, height and width, in pixels of the network's input.
        size : tuple of int
            Height and width of that input.
        """
        top, left, height, width = self.seen
        y, x = height / size[0], width / size[1]
        seen = (top + window[0] * y, left + window[1] * x, window[2] * y, window[3] * x)
        return Frame(self.photograph, seen)

    def inside(self, outer: "Frame", size: tuple[int, int]) -> "Frame":
        """The same part of a picture of `size` that shows what `outer` does: undoes `within`."""
        y, x = size[0] / outer.seen[2], size[1] / outer.seen[3]
        top, left = (self.seen[0] - outer.seen[0]) * y, (self.seen[1] - outer.seen[1]) * x
        return Frame(size, (top, left, self.seen[2] * y, self.seen[3] * x))

    def _centres(self, axis: int) -> Float[np.ndarray, " pixels"]:
        return (np.arange(self.photograph[axis]) + 0.5 - self.seen[axis]) / self.seen[axis + 2]

    def _positions(self, axis: int, count: int) -> Float[np.ndarray, " pixels"]:
        return self._centres(axis) * count - 0.5

    def _is_seen(self, axis: int) -> Bool[np.ndarray, " pixels"]:
        centres = self._centres(axis)
        return (centres >= 0) & (centres <= 1)


def frame_of(
    photograph: Sequence[int], input_size: Sequence[int | None], fit: str = "stretch"
) -> Frame:
    """Find what of a photograph a network sees.

    Parameters
    ----------
    photograph : tuple of int
        Its height and width in pixels.
    input_size : tuple of int or None
        Height and width that the network takes; None stands for the photograph's own.
    fit : {"stretch", "crop", "pad"}
        "stretch": the whole photograph, whatever its aspect ratio. "crop": the largest centred
        rectangle of the input's aspect ratio. "pad": the smallest centred rectangle of that
        ratio around the whole photograph.

    Returns
    -------
    Frame

    Raises
    ------
    ValueError
        If there is no such fit.
    """
    check_fit(fit)
    height, width = photograph
    ratio = (input_size[1] or width) / (input_size[0] or height)
    if fit == "stretch" or math.isclose(ratio, width / height, rel_tol=1e-12):
        return Frame((height, width), (0.0, 0.0, float(height), float(width)))
    # of the two rectangles that share a side with the photograph, one lies within the other
    keeps_height = (ratio < width / height) == (fit == "crop")
    tall, wide = (height, height * ratio) if keeps_height else (width / ratio, width)
    seen = ((height - tall) / 2, (width - wide) / 2, float(tall), float(wide))
    return Frame((height, width), seen)


def check_fit(fit: Any) -> None:
    """Refuse what is no fit.

    Raises
    ------
    ValueError
        With those that there are.
    """
    if not isinstance(fit, str) or fit not in FITS:
        raise ValueError(
            f"expected fit as one of {', '.join(map(repr, FITS))}, got {fit!r:.60}: how an image "
            "of another aspect ratio than the network's is brought to its size"
        )


def resampled(values: Float[np.ndarray, "..."], size: Sequence[int]) -> Float32[np.ndarray, "..."]:
    """Bring an array of any rank to `size`, linearly along each axis, as `Frame.place` does."""
    for axis, (count, wanted) in enumerate(zip(values.shape, size, strict=True)):
        positions = (np.arange(wanted) + 0.5) / wanted * count - 0.5
        values = interpolated(values, positions, axis)
    return values.astype("float32")


def interpolated(
    values: Float[np.ndarray, "..."], positions: Float[np.ndarray, " n"], axis: int
) -> Float32[np.ndarray, "..."]:
    """Values at fractional indices along an axis; those beyond its ends are held there."""
    held = positions.clip(0, values.shape[axis] - 1)
    low = held.astype(int)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    weights = np.expand_dims(held - low, tuple(range(1, values.ndim - axis))).astype("float32")
    before, after = (values.take(index, axis).astype("float32") for index in (low, high))
    # in this form two equal neighbours give exactly their value
    return before + (after - before) * weights
