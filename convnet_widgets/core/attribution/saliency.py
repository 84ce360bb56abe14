"""Saliency: the gradient of the score by the pixels."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .method import PixelMethod, Progress
from .pixels import strongest
from .subject import Subject


@dataclass(frozen=True)
class Saliency(PixelMethod):
    """How strongly the score answers to a small change of each pixel.

    ``L(p) = max over c of |∂S/∂x_c(p)|``, where

    - ``x_c(p)`` is the channel ``c`` of the network's input at the pixel ``p``,
    - ``S`` the score of the target.

    Parameters
    ----------
    input : int or str, optional
        Which input of several, by place or name. By default the first with axes of space that
        the score depends on.

    References
    ----------
    Simonyan, Vedaldi and Zisserman, *Deep Inside Convolutional Networks: Visualising Image
    Classification Models and Saliency Maps*, 2013, arXiv:1312.6034.
    """

    name = "saliency"
    title = "Saliency"
    is_sparse = True

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the map with one gradient."""
        rows = np.arange(subject.images)
        yield Progress(1, 1, strongest(subject.input_gradients(subject.image, rows)))
