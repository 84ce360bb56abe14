"""Insertion and deletion: whether the network says the same without what a heatmap calls hot."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from jaxtyping import Float, Float32

from ..networks import VisionModel
from ..whole_numbers import whole
from .examined import examine
from .passes import portions
from .results import CheckStep
from .subject import Subject

_RADIUS = 5 / 224  # of the blur, by the side of the image; its standard deviation too


@dataclass(frozen=True, eq=False, repr=False)
class FaithfulnessCurves:
    """The probability of a target while an image comes and goes, its hottest pixels first.

    Attributes
    ----------
    fractions : ndarray of float32, shape (steps + 1,)
        Of the pixels that were inserted, or deleted, 0 to 1.
    insertion, deletion : ndarray of float32, shape (steps + 1,)
        What the network then returns for the target: its probability after a softmax or
        sigmoid, the score of other networks.
    """

    fractions: Float32[np.ndarray, " points"]
    insertion: Float32[np.ndarray, " points"]
    deletion: Float32[np.ndarray, " points"]

    @property
    def insertion_auc(self) -> float:
        """Mean of the points of `insertion`; the higher, the more of the evidence is hot."""
        return float(self.insertion.mean(dtype="float64"))

    @property
    def deletion_auc(self) -> float:
        """Mean of the points of `deletion`; the lower, the more of the evidence is hot."""
        return float(self.deletion.mean(dtype="float64"))

    def __repr__(self) -> str:
        areas = f"insertion {self.insertion_auc:.3f} · deletion {self.deletion_auc:.3f}"
        return f"FaithfulnessCurves({areas} · {len(self.fractions) - 1} steps)"


def insertion_deletion(
    net: keras.Model | VisionModel,
    image: Any,
    heatmap: Any,
    steps: Any = 20,
    *,
    baseline: Any = None,
    target: Any = None,
    output: str | int | None = None,
) -> FaithfulnessCurves:
    """Insert and delete the pixels of an image in the order of their heat.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network; it is not changed.
    image : array_like, PIL image, or list or dict of arrays
        The one image that the heatmap is of, as for :func:`class_activation_map`.
    heatmap : Heatmap
        Brought to the size of the network's input; pixels equally hot go in reading order, those
        that the network does not look at last.
    steps : int
        In how many steps of equally many pixels, at least 1.
    baseline : {"blur", "black", "grey"} or array_like, optional
        What stands where there is no pixel of the image; "grey" is the value 127.5. An array is
        of the shape that the network takes, channels last, and is not preprocessed. By default
        that of Petsiuk et al.: a blurred image (the weights of a Gaussian, 5 pixels of a side of
        224 to each side) for insertion, and for deletion 0 behind the preprocessing, which for
        most families is the mean colour of their training.
    target, output : optional
        As for :func:`class_activation_map`; by default the class that the heatmap explains.

    Returns
    -------
    FaithfulnessCurves

    Raises
    ------
    TypeError, ValueError
        If the heatmap is dark or is not of this image, its target is no class, there is no such
        baseline, or `steps` is no whole number from 1 on.

    Notes
    -----
    Curves of one network and baseline compare; those of two do not.

    References
    ----------
    Petsiuk, Das and Saenko, *RISE: Randomized Input Sampling for Explanation of Black-box
    Models*, BMVC 2018, arXiv:1806.07421. They take the area of the trapezoids, which differs from
    the mean of the points by at most ``1 / steps``.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net, cat = cw.load_model("EfficientNetLite0"), cw.load_image("cat")
    >>> cw.insertion_deletion(net, cat, cw.class_activation_map(net, cat)).fractions[:2]
    array([0.  , 0.05], dtype=float32)
    """
    made = insertion_deletion_steps(
        net, image, heatmap, steps, baseline=baseline, target=target, output=output
    )
    *_, last = made
    return last.result


def insertion_deletion_steps(
    net: keras.Model | VisionModel,
    image: Any,
    heatmap: Any,
    steps: Any = 20,
    *,
    baseline: Any = None,
    target: Any = None,
    output: str | int | None = None,
) -> Iterator[CheckStep]:
    """Make what :func:`insertion_deletion` returns, a batch of images at a time.

    Parameters
    ----------
    net, image, heatmap, steps, baseline, target, output
        As for :func:`insertion_deletion`, which names the errors too.

    Returns
    -------
    iterator of CheckStep
        With the images done and all there are; the last has the curves. Closing the iterator ends
        the work.
    """
    steps = whole("steps", steps, 1)
    examined = examine(net, image, [heatmap], target, output)
    if heatmap.reason:
        raise ValueError(
            f"the heatmap is 0 everywhere and orders no pixels, since {heatmap.reason}"
        )
    subject = examined.subject
    absent = _absent(subject, baseline)
    return _steps(subject, _ranks(examined.heat[0]), absent, steps)


def _steps(
    subject: Subject, ranks: np.ndarray, absent: tuple[np.ndarray, np.ndarray], steps: int
) -> Iterator[CheckStep]:
    counts = np.rint(np.arange(steps + 1) * (ranks.size / steps)).astype(int)
    present = subject.image[0]
    versions = 2 * len(counts)

    def version(number: int) -> np.ndarray:
        is_among = (ranks < counts[number % len(counts)])[..., None]
        if number < len(counts):
            return np.where(is_among, present, absent[0])
        return np.where(is_among, absent[1], present)

    found: list[np.ndarray] = []
    for part in portions(versions, subject.batch_size()):
        images = np.stack([version(int(number)) for number in part])
        found.append(subject.probabilities(images, np.zeros(len(part), int)))
        if part[-1] + 1 < versions:
            yield CheckStep(int(part[-1]) + 1, versions)
    insertion, deletion = np.split(np.concatenate(found), 2)
    fractions = (counts / ranks.size).astype("float32")
    yield CheckStep(versions, versions, FaithfulnessCurves(fractions, insertion, deletion))


def _ranks(heat: Float[np.ndarray, "*space"]) -> np.ndarray:
    """Place of each pixel in the order of their heat, 0 the hottest."""
    order = np.argsort(-np.nan_to_num(heat, nan=-1).ravel(), kind="stable")
    ranks = np.empty(order.size, int)
    ranks[order] = np.arange(order.size)
    return ranks.reshape(heat.shape)


def _absent(subject: Subject, baseline: Any) -> tuple[np.ndarray, np.ndarray]:
    """What stands in place of pixels not yet inserted, and of those deleted."""
    image = subject.image[0]
    if baseline is None:
        return blurred(image), np.zeros_like(image)
    if isinstance(baseline, str):
        levels = {"black": 0.0, "grey": 127.5}
        if baseline != "blur" and baseline not in levels:
            raise ValueError(
                f"expected the baseline 'blur', 'black', 'grey' or an array, got {baseline!r}"
            )
        plain = blurred(image) if baseline == "blur" else subject.plain(levels[baseline])[0]
        return plain, plain
    array = np.asarray(baseline, "float32")
    if array.shape != image.shape:
        raise ValueError(
            f"expected a baseline of the shape {image.shape}, as the network takes it but "
            f"channels last, got {array.shape}"
        )
    return array, array


def blurred(
    image: Float32[np.ndarray, "*space channels"],
) -> Float32[np.ndarray, "*space channels"]:
    """Blur an image along each axis of space by a Gaussian that is cut off at its deviation.

    Beyond its edges the image goes on with its outermost pixels.
    """
    for axis in range(image.ndim - 1):
        image = _blurred_along(image, axis)
    return image


def _blurred_along(image: np.ndarray, axis: int) -> np.ndarray:
    side = image.shape[axis]
    radius = max(1, round(side * _RADIUS))
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (offsets / radius) ** 2)
    places = [(np.arange(side) + offset).clip(0, side - 1) for offset in offsets]
    parts = (w * image.take(p, axis) for w, p in zip(weights / weights.sum(), places, strict=True))
    return np.sum(list(parts), axis=0).astype("float32")
