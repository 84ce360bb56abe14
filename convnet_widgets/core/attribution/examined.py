"""Heatmaps beside what the network was given, to see how much of its answer they hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from jaxtyping import Float32

from ..framing import resampled
from ..networks import VisionModel
from .questions import Question, ask
from .results import Heatmap
from .saliency import Saliency
from .subject import Subject


@dataclass(frozen=True, eq=False)
class Examined:
    """Images with the target of each one's heatmap, and its heat at every place of the input.

    Attributes
    ----------
    subject : Subject
        The images, which ask for the score of each one's own target.
    heat : ndarray of float32, shape (images, ...)
        In [0, 1] at the size of the network's input; NaN where a layer cuts the input off.
    """

    subject: Subject
    heat: Float32[np.ndarray, "images ..."]


def examine(
    net: keras.Model | VisionModel,
    images: Any,
    heatmaps: Sequence[Any],
    target: Any,
    output: str | int | None,
) -> Examined:
    """Check that heatmaps are of these images, and bring them to the network's input.

    Parameters
    ----------
    net, images, target, output
        As for `class_activation_map`; a `target` of None is that of each heatmap.
    heatmaps : sequence of Heatmap
        One for each image.

    Raises
    ------
    TypeError
        If they are no heatmaps.
    ValueError
        If there is not one for each image, they have other axes than the input, or the target
        of one is no class and `target` is not given.
    """
    if not all(isinstance(heatmap, Heatmap) for heatmap in heatmaps):
        raise TypeError(
            "expected a Heatmap for each image, as class_activation_map returns them; of a list of "
            "them take one, heatmaps[0]"
        )
    targets = [_target(heatmap) if target is None else target for heatmap in heatmaps]
    kinds = list(dict.fromkeys(targets)) if target is None else [target]
    # a method that asks no layer, since here only the answers count
    question = ask(net, images, None, kinds, Saliency(input=_input(heatmaps)), output)
    if len(question.frames) != len(heatmaps):
        raise ValueError(
            f"expected a heatmap for each image, got {len(heatmaps)} for {len(question.frames)}"
        )
    heat = [_on_input(heatmap, question, place) for place, heatmap in enumerate(heatmaps)]
    told = [question.subjects[kinds.index(one)] for one in targets]
    return Examined(_joined(told), np.stack(heat))


def _target(heatmap: Heatmap) -> int:
    if heatmap.target.index is None:
        raise ValueError(
            f"the heatmap explains {heatmap.target.label!r}, which is no class of the network; "
            "give the target that it was made for by target="
        )
    return heatmap.target.index


def _input(heatmaps: Sequence[Heatmap]) -> int | None:
    inputs = {heatmap.input for heatmap in heatmaps}
    if len(inputs) > 1:
        raise ValueError(f"the heatmaps lie over different inputs, {inputs}; give those of one")
    return next(iter(inputs), None)


def _joined(subjects: Sequence[Subject]) -> Subject:
    """One subject in which each image has the target of the subject at its own place."""
    if subjects[0].weights is None:
        return subjects[0]
    weights = [s.weights[place] for place, s in enumerate(subjects) if s.weights is not None]
    return replace(subjects[0], weights=np.stack(weights))


def _on_input(heatmap: Heatmap, question: Question, place: int) -> Float32[np.ndarray, "..."]:
    size = question.subjects[0].image.shape[1:-1]
    if heatmap.values.ndim != len(size):
        raise ValueError(
            f"the heatmap has the shape {heatmap.values.shape}, and the network takes images of "
            f"{' × '.join(map(str, size)) or 'no'} places: give the images that it was made for"
        )
    frame = question.frames[place]
    if frame and heatmap.frame and frame.photograph != heatmap.frame.photograph:
        raise ValueError(
            f"the heatmap is of an image of {_size(heatmap.frame.photograph)} pixels, this one has "
            f"{_size(frame.photograph)}; give the image that it was made for"
        )
    if frame is None or heatmap.frame is None:
        return resampled(heatmap.values, size)
    # the question is of pixels, so that its frame is that of the input
    return heatmap.frame.inside(frame, size).place(heatmap.values)


def _size(photograph: tuple[int, int]) -> str:
    return " × ".join(map(str, photograph))
