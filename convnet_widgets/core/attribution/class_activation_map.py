"""Class activation maps: where in an image a network found what it says."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..finiteness import is_finite
from ..framing import resampled
from ..heads import Head
from ..networks import VisionModel
from .answers import Answers
from .method import Method, Raw
from .questions import Question, ask
from .results import CamStep, Heatmap, Heatmaps, Target, normalised
from .subject import Subject

_SUM = 1e-3  # half precision
_PLANE = 2  # axes of a map that lies on a photograph


class ProbabilityWarning(UserWarning):
    """What is explained is a probability instead of the logit behind it."""


def class_activation_map(
    net: keras.Model | VisionModel,
    image: Any,
    layer: Any = None,
    target: Any = None,
    method: Any = "grad_cam",
    output: str | int | None = None,
) -> Heatmap | Heatmaps | list[Heatmaps]:
    """Show where in an image a network found what it says.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network; it is not changed. Layers run as in inference.
    image : array_like, PIL image, or list or dict of arrays
        One image (height, width, channels), pixels 0–255, a batch of them, or a list of images of
        any sizes, as for :func:`feature_maps`. For a network of several inputs a list or dict of
        arrays; the map lies over the first of its images that the layer depends on, or over the
        one that the method's `input` names.
    layer : str, int, or list of them, optional
        Path, unique name, or index as in ``model.layers``. By default the last one that has
        places and that the score depends on. Maps of several layers are fused: scaled to the
        largest, the greatest value at each place.
    target : int, str, Contrast, Region or callable, or list of them, optional
        What is explained: a class by index or name; one class rather than another; a class in a
        region of an output that has scores for each place; a function from the network's output
        to a score for each image, in TensorFlow or ``keras.ops``. By default the class that
        the network finds likeliest. Of a single sigmoid 1 and 0 are its two answers.
    method : str or Method
        A name of :func:`list_methods`, or an instance with other parameters.
    output : str or int, optional
        Which output of a network of several, as for :func:`predict`.

    Returns
    -------
    Heatmap, Heatmaps, or list of Heatmaps
        One for one image and one target; a list for a batch, also of one, or for a list of
        targets; for both a list for each image. Its `values` are float32 in [0, 1], of the
        layer's size; `resized()` lays them over the photograph.

    Raises
    ------
    LayerNotFoundError, LookupError
        If a layer or class is not there, with near names.
    GradientError
        If no gradient leads from the score to the layer, with the step that stops it.
    TypeError, ValueError
        If the image does not fit the network, a layer has no places, a network of several
        outputs is asked without `output`, or there is no such method.

    Notes
    -----
    A softmax or sigmoid that ends the network is seen through: what is explained is the logit,
    since the gradient of a probability vanishes where the network is sure. The model stays as it
    is. Methods and their sources are described by their classes, :class:`GradCAM` and its like;
    the division by the maximum is that of F. Chollet, Deep
    Learning with Python, §5.4.3.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("EfficientNetLite0")
    >>> heatmap = cw.class_activation_map(net, cw.load_image("cat"))
    >>> heatmap.target.label, heatmap.values.shape
    ('Egyptian_cat', (7, 7))
    """
    *_, last = class_activation_steps(net, image, layer, target, method, output)
    return last.heatmap


def class_activation_steps(
    net: keras.Model | VisionModel,
    image: Any,
    layer: Any = None,
    target: Any = None,
    method: Any = "grad_cam",
    output: str | int | None = None,
) -> Iterator[CamStep]:
    """Make what :func:`class_activation_map` returns, a step at a time.

    Parameters
    ----------
    net, image, layer, target, method, output
        As for :func:`class_activation_map`, which names the errors too.

    Returns
    -------
    iterator of CamStep
        With the steps done and all there are; the last has the heatmap. Closing the iterator ends
        the work.
    """
    return answer(ask(net, image, layer, target, method, output))


@dataclass(frozen=True, eq=False)
class _Made:
    """The maps of a batch, and what the network says of it."""

    raw: Raw
    answers: Answers


def answer(question: Question) -> Iterator[CamStep]:
    """Make the maps that a question asks for, a step at a time."""
    jobs = [
        subject.at(layer).of(rows)
        for subject in question.subjects
        for layer in question.layers
        for rows in _batches(subject, question.method)
    ]
    made: list[_Made] = []
    total = 1
    for number, subject in enumerate(jobs):
        told, answers = _told(subject, question.method)
        for progress in question.method.steps(told):
            total = len(jobs) * progress.total
            if progress.raw is None:
                yield CamStep(number * progress.total + progress.done, total, None)
            else:
                made.append(_Made(progress.raw, progress.answers or answers or told.answers()))
    _warn_of_probabilities(question, made[0].answers.returned)
    yield CamStep(total, total, _arranged(question, made))


def _warn_of_probabilities(question: Question, returned: np.ndarray) -> None:
    """Warn of a softmax that was not seen, since the gradient of its values vanishes."""
    if question.head.activation is not None or returned.shape[-1] < 2:
        return
    if returned.min() >= 0 and np.allclose(returned.sum(axis=-1), 1, atol=_SUM):
        warnings.warn(
            f"{question.subjects[0].vision.name} seems to return probabilities, but its last step "
            "is no softmax that could be seen through: what is explained is a probability, whose "
            "gradient vanishes where the network is sure; give the part of it that returns logits",
            ProbabilityWarning,
            stacklevel=4,
        )


def _batches(subject: Subject, method: Method) -> list[slice]:
    """A pass each; slow methods make batches of their own."""
    size = subject.images
    if size > 1 and not method.slow:
        size = min(size, subject.batch_size())
    return [slice(start, start + size) for start in range(0, subject.images, size)]


def _told(subject: Subject, method: Method) -> tuple[Subject, Answers | None]:
    """What needs many passes is told its class first, which the others find out on their way."""
    if not (method.slow or method.of_pixels):
        return subject, None
    answers = subject.answers()
    return subject.told(answers), answers


def _arranged(question: Question, made: list[_Made]) -> Heatmap | Heatmaps | list[Heatmaps]:
    """The maps in the order that the caller expects them in."""
    images, layers = len(question.frames), len(question.layers)
    each = len(made) // len(question.subjects)
    columns = []
    for place, subject in enumerate(question.subjects):
        own = made[place * each : (place + 1) * each]
        of_layers = [own[k * each // layers : (k + 1) * each // layers] for k in range(layers)]
        columns.append(_heatmaps(question, subject, of_layers))
    rows = [Heatmaps(column[image] for column in columns) for image in range(images)]
    if question.single:
        return rows[0] if question.several else rows[0][0]
    return rows if question.several else Heatmaps(row[0] for row in rows)


def _heatmaps(question: Question, subject: Subject, of_layers: list[list[_Made]]) -> list[Heatmap]:
    raws = [np.concatenate([part.raw for part in parts]) for parts in of_layers]
    targets = [
        target for part in of_layers[0] for target in _targets(question, subject, part.answers)
    ]
    return [
        _heatmap(question, [raw[image] for raw in raws], targets[image], image)
        for image in range(len(targets))
    ]


def _targets(question: Question, subject: Subject, answers: Answers) -> Iterator[Target]:
    are_shares = question.head.activation is not None
    likelihoods = subject.likelihood(answers) if are_shares else answers.scores
    for score, likelihood, weights in zip(
        answers.scores, likelihoods, answers.weights, strict=True
    ):
        index = subject.target.index
        if index is None and not subject.target.label:
            index = _class_of(weights, question.head)
        likely = float(likelihood) if are_shares and index is not None else None
        yield Target(question.label(subject.target, index), index, float(score), likely)


def _class_of(weights: np.ndarray, head: Head) -> int:
    if head.is_binary:
        return int(weights[0] > 0)
    return int(weights.reshape(-1, weights.shape[-1]).sum(0).argmax())


def _heatmap(question: Question, raws: list[np.ndarray], target: Target, image: int) -> Heatmap:
    maps = [normalised(raw) for raw in raws]
    raw = raws[0] if len(raws) == 1 else _fused([values for values, _ in maps])
    values, reason = maps[0] if len(raws) == 1 else normalised(raw)
    if reason:
        reason = _bad_weight(question) or reason
    layer = " + ".join(question.layers)
    frame = question.frames[image] if raw.ndim == _PLANE else None
    name = question.method.name
    return Heatmap(values, raw, layer, target, name, reason, frame, question.input)


def _bad_weight(question: Question) -> str:
    """What is wrong with the weights, if a layer made zeros of it."""
    model = question.subjects[0].vision.model
    bad = next((weight.path for weight in model.weights if not is_finite(weight)), "")
    return bad and f"the weight {bad!r} has NaN or infinite values; load or train the network anew"


def _fused(maps: list[np.ndarray]) -> np.ndarray:
    axes = {values.ndim for values in maps}
    if len(axes) > 1:
        raise ValueError(
            f"layers of {axes} axes of space cannot be fused; choose layers of one kind"
        )
    size = max((values.shape for values in maps), key=np.prod)
    return np.max([resampled(values, size) for values in maps], axis=0)
