"""Average drop and increase: what the network says of images seen through their heatmaps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from jaxtyping import Float32

from ..networks import VisionModel
from .examined import Examined, examine
from .passes import portions
from .results import CheckStep, Heatmap


@dataclass(frozen=True, eq=False, repr=False)
class DropIncrease:
    """What the network says of images, and of the same seen through their heatmaps.

    Attributes
    ----------
    before, after : ndarray of float32, shape (images,)
        Probability of each image's target, and that once its pixels are multiplied with the heat.
    """

    before: Float32[np.ndarray, " images"]
    after: Float32[np.ndarray, " images"]

    @property
    def average_drop(self) -> float:
        """Mean of ``max(0, before − after) / before`` in percent; the lower, the better."""
        before, after = self.before.astype("float64"), self.after.astype("float64")
        lost = np.maximum(before - after, 0)
        return float(
            100 * np.divide(lost, before, out=np.zeros_like(lost), where=before > 0).mean()
        )

    @property
    def average_increase(self) -> float:
        """Percentage of images whose probability rises; the higher, the better."""
        return float(100 * (self.after > self.before).mean())

    def __repr__(self) -> str:
        drop, increase = f"{self.average_drop:.1f} %", f"{self.average_increase:.1f} %"
        images = f"{len(self.before)} image{'s' * (len(self.before) > 1)}"
        return f"DropIncrease(average drop {drop} · average increase {increase} · {images})"


def drop_and_increase(
    net: keras.Model | VisionModel,
    images: Any,
    heatmaps: Any,
    *,
    target: Any = None,
    output: str | int | None = None,
) -> DropIncrease:
    """Measure how much of the answer is left of images seen through their heatmaps.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network; it is not changed.
    images : array_like, PIL image, or list or dict of arrays
        As for :func:`class_activation_map`.
    heatmaps : Heatmap, or sequence of Heatmap
        One for each image. Each is brought to the size of the network's input, and multiplied
        with the image as the network takes it, behind the preprocessing; a dark one leaves
        nothing of it.
    target, output : optional
        As for :func:`class_activation_map`; by default the class that each heatmap explains.

    Returns
    -------
    DropIncrease

    Raises
    ------
    TypeError, ValueError
        If the heatmaps are not of these images, the target of one is no class, or what the network
        returns for it is negative, so that no share of it can be lost.

    References
    ----------
    Chattopadhay, Sarkar, Howlader and Balasubramanian, *Grad-CAM++: Improved Visual Explanations
    for Deep Convolutional Networks*, WACV 2018, doi:10.1109/WACV.2018.00097.
    """
    *_, last = drop_and_increase_steps(net, images, heatmaps, target=target, output=output)
    return last.result


def drop_and_increase_steps(
    net: keras.Model | VisionModel,
    images: Any,
    heatmaps: Any,
    *,
    target: Any = None,
    output: str | int | None = None,
) -> Iterator[CheckStep]:
    """Make what :func:`drop_and_increase` returns, a batch of images at a time.

    Parameters
    ----------
    net, images, heatmaps, target, output
        As for :func:`drop_and_increase`, which names the errors too.

    Returns
    -------
    iterator of CheckStep
        With the passes done and all there are, two for each image; the last has the figures.
        Closing the iterator ends the work.
    """
    given = [heatmaps] if isinstance(heatmaps, Heatmap) else list(heatmaps)
    return _steps(examine(net, images, given, target, output))


def _steps(examined: Examined) -> Iterator[CheckStep]:
    subject, total = examined.subject, 2 * examined.subject.images
    image, heat = subject.image, np.nan_to_num(examined.heat, nan=0)
    before, after = [], []
    for rows in portions(subject.images, subject.batch_size()):
        before.append(_checked(subject.probabilities(image[rows], rows)))
        yield CheckStep(int(2 * rows[0] + len(rows)), total)
        seen = image[rows] * heat[rows][..., None]
        after.append(_checked(subject.probabilities(seen, rows)))
        if rows[-1] + 1 < subject.images:
            yield CheckStep(int(2 * (rows[-1] + 1)), total)
    yield CheckStep(total, total, DropIncrease(np.concatenate(before), np.concatenate(after)))


def _checked(probabilities: np.ndarray) -> np.ndarray:
    if probabilities.min() < 0:
        raise ValueError(
            f"the network returns {probabilities.min():g} for a target: a drop is a share of a "
            "probability, which is not negative; give a network with a softmax or sigmoid, or "
            "another target"
        )
    return probabilities
