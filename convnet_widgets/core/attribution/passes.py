"""Many changed versions of an image through a network, some at a time."""

from collections.abc import Callable, Generator, Iterator, Sequence

import numpy as np
from jaxtyping import Float32, Int

from .method import Maps, Progress
from .subject import Subject

Compute = Callable[[int, Int[np.ndarray, " versions"]], Float32[np.ndarray, "versions ..."]]


def passes(
    compute: Compute, counts: Sequence[int], size: int
) -> Generator[Progress, None, list[Float32[np.ndarray, "versions ..."]]]:
    """Compute versions of each image, and tell how many are done.

    Parameters
    ----------
    compute : callable
        Of the place of an image and the numbers of some of its versions, what they give: a value
        for each, or one for all of them, along the first axis.
    counts : sequence of int
        How many versions each image has.
    size : int
        How many go through the network at a time.

    Yields
    ------
    tuple of (int, int, None)
        Versions done, and those of all images.

    Returns
    -------
    list of ndarray
        For each image what `compute` gave, one after another.
    """
    total, done = sum(counts), 0
    answers = []
    for image, count in enumerate(counts):
        parts = []
        for part in portions(count, size):
            parts.append(compute(image, part))
            done += len(part)
            yield Progress(done, total)
        answers.append(np.concatenate(parts) if parts else np.zeros(0, np.float32))
    return answers


def layer_maps(subject: Subject) -> Maps:
    """What the layer returns for all images, as many at a time as fit."""
    parts = portions(subject.images, subject.batch_size())
    return np.concatenate([subject.of(slice(p[0], p[-1] + 1)).maps()[0] for p in parts])


def portions(count: int, size: int) -> Iterator[Int[np.ndarray, " part"]]:
    """``0 … count - 1`` in arrays of at most `size`."""
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))
