"""Occlusion: how much the score falls where a patch hides the image."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from jaxtyping import Float32, Int

from .channel_sums import as_float32
from .method import PixelMethod, Progress
from .passes import passes
from .subject import Subject

_Box = tuple[slice, ...]


@dataclass(frozen=True)
class Occlusion(PixelMethod):
    """The mean fall of the score over all positions of a plain patch that hide a pixel.

    ``L(p) = mean over patches P that cover p of S(x) − S(x with b in P)``, where

    - ``x`` is the network's input, ``b`` a plain one,
    - ``S`` the score of the target.

    Parameters
    ----------
    patch : int or float
        Side of the patch: pixels of the network's input as a whole number, or a share of each
        side as a floating one.
    stride : int or float
        From one position to the next, at most the patch; in the same units. The last position
        lies at the far edge.
    baseline : float
        Pixel value of the patch, 0–255, grey by default; of an input that is no image the value
        itself.
    input : int or str, optional
        Which input of several, by place or name. By default the first with axes of space that
        the score depends on.

    References
    ----------
    Zeiler and Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014,
    doi:10.1007/978-3-319-10590-1_53, arXiv:1311.2901.
    """

    patch: int | float = 0.2
    stride: int | float = 0.1
    baseline: float = 127.5

    name = "occlusion"
    title = "Occlusion"
    slow = True

    def __post_init__(self) -> None:
        for side in (self.patch, self.stride):
            if not side > 0 or not (side <= 1 or isinstance(side, Integral)):
                raise ValueError(
                    "expected patch and stride as whole numbers of pixels from 1, or as shares of "
                    f"the side above 0 and up to 1.0, got {self}"
                )

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the map with a forward pass for each position of the patch."""
        images, plain = subject.image, subject.plain(self.baseline)
        boxes = self.boxes(images.shape[1:-1])

        def scores(image: int, part: Int[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
            hidden = np.repeat(images[image : image + 1], len(part), axis=0)
            for one, version in zip(hidden, part, strict=True):
                if version:  # the first is the image as it is
                    one[boxes[version - 1]] = plain[image][boxes[version - 1]]
            return subject.scores(hidden, np.full(len(part), image))

        counts = [len(boxes) + 1] * len(images)
        found = yield from passes(scores, counts, subject.batch_size())
        maps = [_means(left[0] - left[1:], boxes, images.shape[1:-1]) for left in found]
        yield Progress(sum(counts), sum(counts), as_float32(np.stack(maps)))

    def boxes(self, size: tuple[int, ...]) -> list[_Box]:
        """All positions of the patch over an input of this size.

        Raises
        ------
        ValueError
            If the stride leaves pixels between two positions.
        """
        slices = []
        for side in size:
            patch, stride = _pixels(self.patch, side), _pixels(self.stride, side)
            if stride > patch:
                raise ValueError(
                    f"a stride of {stride} pixels leaves gaps between patches of {patch}; give a "
                    "stride of at most the patch"
                )
            starts = [*range(0, side - patch, stride), side - patch]
            slices.append([slice(start, start + patch) for start in starts])
        return list(itertools.product(*slices))


def _pixels(length: int | float, side: int) -> int:
    wanted = length if isinstance(length, Integral) else length * side
    return min(max(round(wanted), 1), side)


def _means(
    falls: Float32[np.ndarray, " boxes"], boxes: list[_Box], size: tuple[int, ...]
) -> np.ndarray:
    sums, counts = np.zeros(size), np.zeros(size)
    for fall, box in zip(falls, boxes, strict=True):
        sums[box] += fall
        counts[box] += 1
    return sums / counts
