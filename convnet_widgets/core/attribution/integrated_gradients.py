"""Integrated Gradients: what each pixel adds on the way from a plain image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int

from .channel_sums import as_float32
from .method import PixelMethod, Progress
from .passes import passes
from .subject import Subject


@dataclass(frozen=True)
class IntegratedGradients(PixelMethod):
    """The difference of the score between an image and a plain one, shared out to the pixels.

    ``L(p) = Σ_c (x_c(p) − b_c(p)) · 1/n · Σ_i ∂S/∂x_c(p) at b + (i − ½)/n · (x − b)``, where

    - ``x_c(p)`` is the channel ``c`` of the network's input at the pixel ``p``,
    - ``b`` the baseline, a plain image,
    - ``S`` the score of the target, ``n`` the number of samples, ``i = 1 … n``.

    All values of the map add up to ``S(x) − S(b)``, the better the more samples (completeness).
    Some are below 0: they speak against the target.

    Parameters
    ----------
    samples : int
        Places on the straight way from the baseline to the image, the midpoints of equal parts.
    baseline : float
        Pixel value of the plain image, 0–255, black by default; of an input that is no image the
        value itself.
    input : int or str, optional
        Which input of several, by place or name. By default the first with axes of space that
        the score depends on.

    References
    ----------
    Sundararajan, Taly and Yan, *Axiomatic Attribution for Deep Networks*, ICML 2017,
    arXiv:1703.01365.
    """

    samples: int = 50
    baseline: float = 0.0

    name = "integrated_gradients"
    title = "Integrated Gradients"
    is_sparse = True
    slow = True

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"Integrated Gradients take at least one sample, got {self}")

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the map with a gradient for each place on the way."""
        images, plain = subject.image, subject.plain(self.baseline)
        way = images - plain

        def gradients(image: int, part: Int[np.ndarray, " n"]) -> Float32[np.ndarray, "1 ..."]:
            shares = ((part + 0.5) / self.samples).astype(np.float32)
            shares = shares.reshape(-1, *[1] * way[image].ndim)
            between = plain[image] + shares * way[image]
            found = subject.input_gradients(between, np.full(len(part), image))
            return found.sum(axis=0, keepdims=True)

        found = yield from passes(gradients, [self.samples] * len(images), subject.batch_size())
        total = self.samples * len(images)
        means = np.stack([sums.sum(axis=0, dtype=np.float64) for sums in found]) / self.samples
        yield Progress(total, total, as_float32((way * means).sum(axis=-1)))
