"""What of a network's answer is explained: a class, a contrast, a region, a function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from .heads import Head
from .near_names import near_names, plain

_ANSWERS = ("no", "yes")  # of a single sigmoid


@dataclass(frozen=True)
class Contrast:
    """One class rather than another: the difference of their logits.

    Parameters
    ----------
    of, against : int, str or Region
        The two.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> str(cw.Contrast("dog", "cat"))
    'dog rather than cat'
    """

    of: Any
    against: Any

    def __str__(self) -> str:
        return f"{self.of} rather than {self.against}"


@dataclass(frozen=True, eq=False)
class Region:
    """A class in a part of an output that has scores for each place, as of segmentation.

    Parameters
    ----------
    target : int or str
        The class, whose mean logit over the part is explained.
    mask : array_like of float or bool, shape (height, width), optional
        How much each place counts, over the whole image; resized to the output.
    box : tuple of float, optional
        (top, left, bottom, right) in pixels of the output, in place of a mask.
    """

    target: Any
    mask: Any = None
    box: Any = None

    def __str__(self) -> str:
        box = self.box if self.box is None else ", ".join(map(str, self.box))
        return f"{self.target} in {'a mask' if box is None else f'the box ({box})'}"


@dataclass(frozen=True, eq=False)
class ResolvedTarget:
    """A target as a graph takes it.

    Attributes
    ----------
    label : str
        What it is called; empty for the class that a network finds most likely.
    index : int or None
        The class, where it is one.
    weights : ndarray of float32 or None
        The score is the sum of these and the logits of an image; None where that is not known
        before.
    function : callable or None
        From the network's output to a score for each image, in place of weights.
    """

    label: str = ""
    index: int | None = None
    weights: np.ndarray | None = None
    function: Callable | None = None


def class_names(head: Head, labels: Sequence[str] | None) -> list[str] | None:
    """A name for each class of an output; None where there are none that fit."""
    return list(labels) if labels and len(labels) == head.classes else None


def resolve(
    target: Any, head: Head, labels: Sequence[str] | None, shape: Sequence[int | None]
) -> ResolvedTarget:
    """Find what a target means for an output.

    Parameters
    ----------
    target : int, str, Contrast, Region, callable or None
    head : Head
        The output.
    labels : sequence of str or None
        Names of the network's classes.
    shape : sequence of int
        Of the logits of one image.

    Raises
    ------
    TypeError
        If a target is of another kind.
    LookupError
        If a class is not there, with near names or the range.
    ValueError
        If a region does not fit the output, or a contrast is of the same twice.
    """
    if target is None:
        return ResolvedTarget()
    if callable(target):
        name = getattr(target, "__name__", type(target).__name__)
        return ResolvedTarget("a function" if name == "<lambda>" else name, function=target)
    names = class_names(head, labels) or (list(_ANSWERS) if head.is_binary else None)
    if isinstance(target, Contrast):
        of, against = (resolve(part, head, labels, shape) for part in (target.of, target.against))
        if of.weights is None or against.weights is None:
            raise TypeError(f"a contrast is of two classes, names or indices; got {target!r}")
        if np.array_equal(of.weights, against.weights):
            raise ValueError(f"a contrast is of two classes that differ; got {of.label!r} twice")
        label = str(Contrast(of.label, against.label))
        return ResolvedTarget(label, None, of.weights - against.weights)
    if isinstance(target, Region):
        inner = resolve(target.target, head, labels, shape)
        return _in_region(inner, target, head, shape)
    index = _class_index(target, head, names)
    return ResolvedTarget(
        class_label(index, head, names), index, _class_weights(index, head, shape)
    )


def class_label(index: int, head: Head, names: Sequence[str] | None) -> str:
    """What a class is called."""
    if names:
        return names[index]
    if head.is_binary:
        return _ANSWERS[index]
    return "the output" if head.classes == 1 else f"class {index}"


def _class_index(target: Any, head: Head, names: Sequence[str] | None) -> int:
    if isinstance(target, str):
        return _index_of_name(target, names, head.classes)
    if isinstance(target, bool | np.bool_) or not isinstance(target, Integral):
        raise TypeError(
            "a target is a class, by name or index, a Contrast, a Region, or a function of the "
            f"network's output; got {type(target).__name__} {target!r:.60}"
        )
    index, count = int(target), head.classes
    if index < 0 or (count is not None and index >= count):
        raise LookupError(f"there is no class {index}: they run from 0 to {(count or 1) - 1}")
    return index


def _index_of_name(name: str, names: Sequence[str] | None, count: int | None) -> int:
    if not names:
        raise LookupError(
            f"there is no class {name!r}: the network has no labels; give an index from 0 to "
            f"{(count or 1) - 1}, or VisionModel(model, labels=...)"
        )
    wanted = plain(name)
    found = [index for index, known in enumerate(names) if plain(known) == wanted]
    if len(found) > 1:
        raise LookupError(f"{name!r} is the name of the classes {found}; give one of these indices")
    if not found:
        raise LookupError(f"there is no class {name!r}; {_near(name, names)}")
    return found[0]


def _near(wanted: str, names: Sequence[str]) -> str:
    near = near_names(wanted, names)
    if near:
        return "near names are " + ", ".join(map(repr, near))
    return f"the network's labels are {', '.join(map(repr, names[:3]))} …"


def _class_weights(index: int, head: Head, shape: Sequence[int | None]) -> Float[np.ndarray, "..."]:
    if head.is_binary:
        return np.array([1.0 if index else -1.0], np.float32)
    weights = np.zeros([size or 1 for size in shape], np.float32)
    weights[..., index] = weights.shape[-1] / weights.size
    return weights


def _in_region(
    inner: ResolvedTarget, region: Region, head: Head, shape: Sequence[int | None]
) -> ResolvedTarget:
    if inner.weights is None or isinstance(region.target, Region):
        raise TypeError(f"a region is of a class, by name or index; got {region.target!r}")
    if not head.is_dense or len(shape) != 3:
        raise ValueError(
            "a region needs an output with scores for each place, (batch, height, width, "
            f"classes); this one is (batch, {', '.join(map(str, shape))})"
        )
    part = _part(region, int(shape[0] or 1), int(shape[1] or 1))
    if not part.any():
        raise ValueError(f"the region {region} is empty on an output of {shape[0]} × {shape[1]}")
    weights = inner.weights * part[..., None] * (part.size / part.sum())
    named = Region(inner.label, region.mask, region.box)
    return ResolvedTarget(str(named), inner.index, weights.astype(np.float32))


def _part(region: Region, height: int, width: int) -> Float[np.ndarray, "height width"]:
    if (region.mask is None) == (region.box is None):
        raise ValueError("a region is given by a mask or by a box, by one of the two")
    if region.box is None:
        mask = _mask(region.mask)
        size = (width, height)
        return np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.BOX), np.float32)
    try:
        top, left, bottom, right = (round(float(side)) for side in region.box)
    except (TypeError, ValueError):
        raise ValueError(f"a box is (top, left, bottom, right); got {region.box!r}") from None
    part = np.zeros((height, width), np.float32)
    part[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 1
    return part


def _mask(given: Any) -> Float[np.ndarray, "height width"]:
    expected = "a mask is an array (height, width) of numbers from 0 on"
    try:
        mask = np.asarray(given, np.float32)
    except (TypeError, ValueError):
        raise ValueError(f"{expected}, got {given!r:.60}") from None
    if mask.ndim != 2 or not np.isfinite(mask).all() or mask.min(initial=0) < 0:
        raise ValueError(f"{expected}, got shape {mask.shape}")
    return mask
