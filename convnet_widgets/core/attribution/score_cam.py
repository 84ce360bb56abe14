"""Score-CAM: channels weighted by the score of what they show of the image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from .channel_sums import channel_sum
from .method import Method, Progress
from .passes import layer_maps, passes
from .pixels import check_lies_over
from .subject import Subject


@dataclass(frozen=True)
class ScoreCAM(Method):
    """Feature maps, each weighted by the score of the image seen through it alone.

    ``L(p) = Σ_k w_k · A_k(p)`` with ``w = softmax over k of S(X ∘ M_k)``, where

    - ``A_k(p)`` is the feature map of channel ``k`` at the place ``p``,
    - ``M_k`` that map, scaled to 0–1 by its own extremes and brought to the size of the image,
      linearly between the centres of its cells,
    - ``X ∘ M_k`` the image as the network takes it, times the mask at each pixel,
    - ``S`` the score of the target, a logit.

    A channel that is constant over the map has no extremes, so no mask: it is skipped, weight 0.
    The softmax makes the map depend on how large the logits are, not only on their order.

    References
    ----------
    Wang et al., *Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks*,
    CVPR Workshops 2020, doi:10.1109/CVPRW50498.2020.00020, arXiv:1910.01279.
    """

    name = "score_cam"
    title = "Score-CAM"
    slow = True

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the map with a forward pass for each channel that is not constant."""
        maps, images = layer_maps(subject), subject.image
        check_lies_over(maps, images)
        channels = [_varying(one) for one in maps]

        def scores(image: int, part: Int[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
            masks = subject.on_input(_scaled(maps[image][..., channels[image][part]]))
            return subject.scores(images[image] * masks[..., None], np.full(len(part), image))

        found = yield from passes(scores, [len(one) for one in channels], subject.batch_size())
        weights = np.zeros((len(maps), maps.shape[-1]))
        for row, chosen, logits in zip(weights, channels, found, strict=True):
            row[chosen] = _softmax(logits)
        total = sum(map(len, channels))
        yield Progress(total, total, channel_sum(maps, weights))


def _varying(maps: Float32[np.ndarray, "*space channels"]) -> Int[np.ndarray, " chosen"]:
    flat = maps.reshape(-1, maps.shape[-1])
    return np.flatnonzero(flat.max(axis=0) > flat.min(axis=0))


def _scaled(
    maps: Float32[np.ndarray, "*space channels"],
) -> Float64[np.ndarray, "channels ..."]:
    first = np.moveaxis(maps, -1, 0).astype(np.float64)
    space = tuple(range(1, first.ndim))
    low, high = first.min(axis=space, keepdims=True), first.max(axis=space, keepdims=True)
    return (first - low) / (high - low)


def _softmax(logits: Float[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    powers = np.exp(logits.astype(np.float64) - logits.max(initial=-np.inf))
    return powers / powers.sum()
