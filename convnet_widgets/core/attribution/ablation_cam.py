"""Ablation-CAM: channels weighted by how much the score falls without them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int

from .channel_sums import channel_sum
from .method import Method, Progress
from .passes import layer_maps, passes
from .subject import Subject


@dataclass(frozen=True)
class AblationCAM(Method):
    """Feature maps, each weighted by the share of the score that is lost without it.

    ``L(p) = Σ_k w_k · A_k(p)`` with ``w_k = (S − S_k) / |S|``, where

    - ``A_k(p)`` is the feature map of channel ``k`` at the place ``p``,
    - ``S`` is the score of the target, a logit,
    - ``S_k`` the score with channel ``k`` of the layer set to 0 everywhere.

    The paper divides by ``S``, there positive; its absolute value keeps what speaks for the target
    positive also where the score is below 0. A score of 0 divides nothing. A channel that is 0
    everywhere is not tried: without it nothing changes. Only what lies above the layer is run.

    References
    ----------
    Desai and Ramaswamy, *Ablation-CAM: Visual Explanations for Deep Convolutional Network via
    Gradient-free Localization*, WACV 2020, doi:10.1109/WACV45572.2020.9093360.
    """

    name = "ablation_cam"
    title = "Ablation-CAM"
    slow = True

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the map with a pass above the layer for each channel that is not 0."""
        maps = layer_maps(subject)
        channels = [np.flatnonzero(one.reshape(-1, one.shape[-1]).any(axis=0)) for one in maps]

        def scores(image: int, part: Int[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
            changed = np.repeat(maps[image : image + 1], len(part), axis=0)
            # the first version is what it was
            tried = np.flatnonzero(part)
            changed[tried, ..., channels[image][part[tried] - 1]] = 0
            return subject.scores_of_maps(changed, np.full(len(part), image))

        counts = [len(one) + 1 for one in channels]
        found = yield from passes(scores, counts, subject.batch_size())
        weights = np.zeros((len(maps), maps.shape[-1]))
        for row, chosen, (whole, *without) in zip(weights, channels, found, strict=True):
            row[chosen] = (whole - np.array(without, np.float64)) / (abs(whole) or 1)
        yield Progress(sum(counts), sum(counts), channel_sum(maps, weights))
