"""The check by randomisation: whether a map shows what a network has learned."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from jaxtyping import Float32

from ..networks import VisionModel
from ..whole_numbers import whole
from .class_activation_map import answer
from .prominence import FEWEST_CLASSES, prominence, rank_of_target
from .questions import Question, ask
from .rank_correlation import rank_correlation
from .results import CheckStep, Heatmap, Heatmaps
from .shuffling import WeightedPart, cascade, weighted_parts
from .subject import Subject

_ALIKE = 0.7  # a method that looks at no weights has 1, Grad-CAM on a trained network 0.15 to 0.5
_DEVIATIONS = 3
_UNTOLD = f"whether it was learned is told only of a class among {FEWEST_CLASSES} or more"


@dataclass(frozen=True, eq=False, repr=False)
class RandomisationCheck:
    """What becomes of a map when the weights of its network are shuffled.

    Attributes
    ----------
    layers : tuple of str
        For each stage the lowest layer whose weights are shuffled, with those of all above it.
    similarity : ndarray of float32, shape (stages,)
        Absolute value of Spearman's rank correlation between the `raw` map of the network and
        that of each stage, 0 to 1: absolute, since shuffled weights turn the sign of a map that
        shows the same places. NaN where a map has no order, as it is the same everywhere.
    heatmap : Heatmap
        Of the network as it is.
    heatmaps : Heatmaps
        Of each stage, for the same target. A dark one says why in its `reason`.
    prominence : float or None
        How far the target's logit lies above the mean logit, in their standard deviations. None
        for fewer than 100 classes, and for a target that is none of them.
    shuffled_prominence : ndarray of float32, shape (stages,), or None
        The same at each stage for the class that then has the target's rank.
    """

    layers: tuple[str, ...]
    similarity: Float32[np.ndarray, " stages"]
    heatmap: Heatmap
    heatmaps: Heatmaps
    prominence: float | None = None
    shuffled_prominence: Float32[np.ndarray, " stages"] | None = None

    @property
    def passed(self) -> bool:
        """Whether the map depends on the weights, and from 100 classes on also on learned ones."""
        return not self.reason

    @property
    def reason(self) -> str:
        """Why it did not pass; empty where it did."""
        known = self.similarity[np.isfinite(self.similarity)]
        if self.heatmap.reason:
            return f"the map is dark before any weight is shuffled: {self.heatmap.reason}"
        if not len(known):
            return "no map of shuffled weights has an order that could be compared"
        if known.mean() > _ALIKE:
            return (
                f"the map hardly depends on the weights: a mean similarity of {known.mean():.2f} "
                f"to maps of shuffled ones, more than {_ALIKE}"
            )
        return self._why_unlearned()

    def _why_unlearned(self) -> str:
        if self.prominence is None or self.shuffled_prominence is None:
            return ""
        shuffled = self.shuffled_prominence[np.isfinite(self.shuffled_prominence)]
        usual = float(shuffled.mean() + _DEVIATIONS * shuffled.std()) if len(shuffled) else 0.0
        if self.prominence > usual:
            return ""
        return (
            f"the target's logit stands out by {self.prominence:.1f} deviations, no more than of "
            f"shuffled weights ({usual:.1f}): the network has learned nothing of it that a map "
            "could show"
        )

    def __repr__(self) -> str:
        known = self.similarity[np.isfinite(self.similarity)]
        dark = sum(bool(heatmap.reason) for heatmap in self.heatmaps)
        parts = [
            "passed" if self.passed else "not passed",
            f"mean similarity {known.mean():.2f}" if len(known) else "",
            f"{len(self.layers)} stages" + (f", {dark} dark" if dark else ""),
            self.reason,
            _UNTOLD if self.passed and self.prominence is None else "",
        ]
        return f"RandomisationCheck({' · '.join(part for part in parts if part)})"


def randomisation_check(
    net: keras.Model | VisionModel,
    image: Any,
    layer: Any = None,
    target: Any = None,
    method: Any = "grad_cam",
    output: str | int | None = None,
    *,
    stages: Any = 10,
    seed: int = 0,
) -> RandomisationCheck:
    """Compare a map with those of the same network with shuffled weights.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network; it is not changed.
    image : array_like, PIL image, or list or dict of arrays
        One image, as for :func:`class_activation_map`.
    layer, target, method, output : optional
        As for :func:`class_activation_map`. A `target` of None is the class that the network,
        as it is, finds likeliest; a single one at a time.
    stages : int
        How many maps to make of shuffled weights, at least 1: the first with those of the last
        layer, the last with all, as many layers more from one to the next. No more than the
        network has layers with a kernel.
    seed : int
        Of the shuffling.

    Returns
    -------
    RandomisationCheck
        It has `passed` if the maps differ from that of the network as it is, by a mean
        similarity of at most 0.7, and if the target stands out among the logits more than with
        shuffled weights (by three standard deviations over the stages; from 100 classes on).

    Raises
    ------
    TypeError, ValueError
        As of :func:`class_activation_map`; or for several images or targets, or a network
        without weights.

    Notes
    -----
    The weights of each layer are shuffled, each kernel, bias and statistic by itself, so that
    their distribution stays. The second condition is not of the reference: maps of an untrained
    network change just as much when it is randomised anew. To such a network shuffled weights
    are as good as its own, so that none of its answers stands out more than theirs. Of fewer
    than 100 classes the best one stands out little even if all is learned; there the maps alone
    decide, and an untrained network passes too.

    References
    ----------
    Adebayo et al., *Sanity Checks for Saliency Maps*, NeurIPS 2018, arXiv:1810.03292: the
    cascading randomisation, and the rank correlation.
    """
    *_, last = randomisation_check_steps(
        net, image, layer, target, method, output, stages=stages, seed=seed
    )
    return last.result


def randomisation_check_steps(
    net: keras.Model | VisionModel,
    image: Any,
    layer: Any = None,
    target: Any = None,
    method: Any = "grad_cam",
    output: str | int | None = None,
    *,
    stages: Any = 10,
    seed: int = 0,
) -> Iterator[CheckStep]:
    """Make what :func:`randomisation_check` returns, a step at a time.

    Parameters
    ----------
    net, image, layer, target, method, output, stages, seed
        As for :func:`randomisation_check`, which names the errors too.

    Returns
    -------
    iterator of CheckStep
        With the maps made and all there are, more than once for a map of many passes; the last
        has the result. Closing the iterator ends the work.
    """
    stages = whole("stages", stages, 1)
    question = ask(net, image, layer, target, method, output)
    if len(question.frames) != 1 or question.several:
        raise ValueError(
            "the check by randomisation is of one image and one target; got images: "
            f"{len(question.frames)}, targets: {len(question.subjects)}; give one of each"
        )
    subject = question.subjects[0]
    parts = weighted_parts(subject.vision.model, subject.traced, question.head)
    if not parts:
        raise ValueError(f"{subject.vision.name} has no weights that could be shuffled")
    return _steps(question, parts, min(stages, len(parts)), seed)


def _steps(
    question: Question, parts: list[WeightedPart], stages: int, seed: int
) -> Iterator[CheckStep]:
    answers = question.subjects[0].answers()
    subject = question.subjects[0].told(answers)
    rank = rank_of_target(answers, subject.target)
    first = yield from _heatmap(question, subject, 0, stages + 1)
    layers: list[str] = []
    heatmaps, prominences = Heatmaps(), []
    for path, exchange in cascade(parts, stages, seed):
        shuffled = subject.exchanging(exchange)
        heatmaps.append((yield from _heatmap(question, shuffled, len(layers) + 1, stages + 1)))
        layers.append(path)
        prominences.append(None if rank is None else prominence(shuffled.answers(), rank))
    similarity = [abs(rank_correlation(first.raw, heatmap.raw)) for heatmap in heatmaps]
    result = RandomisationCheck(
        tuple(layers),
        np.array(similarity, "float32"),
        first,
        heatmaps,
        None if rank is None else prominence(answers, rank),
        None if rank is None else np.array(prominences, "float32"),
    )
    yield CheckStep(stages + 1, stages + 1, result)


def _heatmap(
    question: Question, subject: Subject, done: int, total: int
) -> Generator[CheckStep, None, Heatmap]:
    for step in answer(replace(question, subjects=[subject])):
        if step.heatmap is None:
            yield CheckStep(done, total)
    if done + 1 < total:
        yield CheckStep(done + 1, total)
    return step.heatmap if isinstance(step.heatmap, Heatmap) else step.heatmap[0]
