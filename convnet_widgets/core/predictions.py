"""The classes a network finds most likely."""

from collections.abc import Sequence
from html import escape
from numbers import Integral
from typing import Any, NamedTuple

import keras
import numpy as np

from .activations import as_array, traced_inputs
from .heads import find_head
from .networks import VisionModel, as_vision_model
from .outputs import output_place
from .running import run
from .targets import class_names


class Prediction(NamedTuple):
    """One class of the answer: its index, its name, and what the network gives it."""

    index: int  # type: ignore[assignment]  # the class, not tuple.index
    label: str
    score: float


class Predictions(list[Prediction]):
    """The likeliest classes of one image, first the likeliest; a table in a notebook."""

    def __repr__(self) -> str:
        return "\n".join(f"{p.score:7.3f}  {p.index:>4}  {p.label}" for p in self)

    def _repr_html_(self) -> str:
        cells = ((f"{p.score:.3f}", str(p.index), escape(p.label)) for p in self)
        rows = "".join("<tr><td>" + "</td><td>".join(row) + "</td></tr>" for row in cells)
        return f"<table><tr><th>score</th><th>class</th><th>name</th></tr>{rows}</table>"


def predict(
    net: keras.Model | VisionModel, images: Any, top: Any = 5, output: str | int | None = None
) -> list[Predictions]:
    """Name the classes that the network finds most likely.

    Parameters
    ----------
    net : keras.Model or VisionModel
        A network with an output (batch, classes).
    images : array_like or list or dict
        As for :func:`feature_maps`, pixels 0–255.
    top : int
        How many classes to name, at least 1; all of them when there are fewer.
    output : str or int, optional
        Which output of a network of several: its key where the network returns a dict, the
        name of the layer that gives it, or its place.

    Returns
    -------
    list of Predictions
        For each image the classes `(index, label, score)`, the highest score first.
        Scores are what the network returns: probabilities after a softmax or sigmoid, their
        logarithms after a log-softmax. A class without a name bears its index. A single sigmoid
        answers for two classes, 0 and 1.

    Raises
    ------
    ValueError
        If `top` is no integer from 1 on, the output is not that of a classifier, or a network has
        several and `output` does not choose one.
    """
    if not isinstance(top, Integral) or top < 1:
        raise ValueError(f"top counts the classes to name, an integer from 1 on, not {top!r}")
    vision = as_vision_model(net)
    inputs, traced = traced_inputs(vision, images)
    place = output_place(vision.model, traced.returned, output)
    head = find_head(traced, place)
    scores = as_array(run(traced.function(), inputs)[place])
    if scores.ndim != 2:
        raise ValueError(
            f"{vision.name} is no classifier: it returns {scores.shape[1:]} for an image, and "
            "predict() needs one score for each class; give it a network with its top, as of "
            "include_top=True, that has one answer for the whole image"
        )
    if head.is_binary:
        scores = np.concatenate([1 - scores, scores], axis=1)
    return [_best(row, int(top), class_names(head, vision.labels)) for row in scores]


def _best(scores: np.ndarray, top: int, labels: Sequence[str] | None) -> Predictions:
    best = np.argsort(-scores, kind="stable")[:top]
    return Predictions(
        Prediction(int(i), labels[i] if labels else str(i), float(scores[i])) for i in best
    )
