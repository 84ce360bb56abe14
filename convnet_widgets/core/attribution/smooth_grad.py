"""SmoothGrad: the mean gradient over noisy copies of an image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int

from .method import PixelMethod, Progress
from .passes import passes
from .pixels import strongest, value_range
from .subject import Subject


@dataclass(frozen=True)
class SmoothGrad(PixelMethod):
    """Saliency with its noise averaged out by noise.

    ``L(p) = max over c of |1/n · Σ_i ∂S/∂x_c(p) at x + ε_i|`` with ``ε_i ~ N(0, σ²)`` and
    ``σ = noise · (max x − min x)``, where

    - ``x_c(p)`` is the channel ``c`` of the network's input at the pixel ``p``,
    - ``S`` the score of the target, ``n`` the number of samples.

    Parameters
    ----------
    samples : int
        Noisy copies of each image.
    noise : float
        Standard deviation, as a share of the range of the image's values.
    seed : int
        Of the noise, which is the same for every image of a batch but for its size.
    input : int or str, optional
        Which input of several, by place or name. By default the first with axes of space that
        the score depends on.

    References
    ----------
    Smilkov et al., *SmoothGrad: removing noise by adding noise*, 2017, arXiv:1706.03825.
    """

    samples: int = 25
    noise: float = 0.15
    seed: int = 0

    name = "smooth_grad"
    title = "SmoothGrad"
    is_sparse = True
    slow = True

    def __post_init__(self) -> None:
        if self.samples < 1 or not self.noise >= 0:
            raise ValueError(
                f"SmoothGrad takes at least one sample and noise of 0 or more, got {self}"
            )

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the map with a gradient for each sample."""
        images = subject.image
        deviation = np.float32(self.noise) * value_range(images)

        def gradients(image: int, part: Int[np.ndarray, " n"]) -> Float32[np.ndarray, "1 ..."]:
            noisy = images[image] + deviation[image] * self._noise(part, images.shape[1:])
            found = subject.input_gradients(noisy, np.full(len(part), image))
            return found.sum(axis=0, keepdims=True)

        found = yield from passes(gradients, [self.samples] * len(images), subject.batch_size())
        total = self.samples * len(images)
        means = np.stack([sums.sum(axis=0) for sums in found]) / np.float32(self.samples)
        yield Progress(total, total, strongest(means))

    def _noise(
        self, samples: Int[np.ndarray, " n"], shape: tuple[int, ...]
    ) -> Float32[np.ndarray, "n ..."]:
        # a generator for each sample, so that they do not depend on how many are made at a time
        generators = (np.random.default_rng([self.seed, sample]) for sample in samples)
        return np.stack([one.standard_normal(shape, np.float32) for one in generators])
