"""What every method of attribution has in common."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float32

from .answers import Answers
from .subject import Subject

Maps = Float32[np.ndarray, "batch *space channels"]
"""Feature maps, or gradients by them, float32; one, two or three axes of space."""

Raw = Float32[np.ndarray, "batch *space"]
"""Maps of attribution, float32, signed where the formula is: neither cut at 0 nor scaled."""


class Progress(NamedTuple):
    """How far the work on a map is; the last has it, and what the network said if it was asked."""

    done: int
    total: int
    raw: Raw | None = None
    answers: Answers | None = None


class Method:
    """A frozen dataclass of parameters that makes maps of attribution.

    Attributes
    ----------
    name : str
        By which it is asked for, ``"grad_cam"``.
    title : str
        For captions, ``"Grad-CAM"``.
    slow : bool
        Whether it needs many passes through the network.
    of_pixels : bool
        Whether its maps are of the input's size instead of a layer's.
    takes_layer : bool
        Whether it asks a layer.
    of_logit : bool
        Whether its maps are sums over channels of activation times gradient: parts of a logit, so
        that those of several such methods can be compared.
    is_sparse : bool
        Whether a few pixels lie far above the others.
    caution : str
        What whoever reads its maps must know; empty for most.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    slow: ClassVar[bool] = False
    of_pixels: ClassVar[bool] = False
    takes_layer: ClassVar[bool] = True
    of_logit: ClassVar[bool] = False
    is_sparse: ClassVar[bool] = False
    caution: ClassVar[str] = ""

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the maps of all images of a subject; closing the iterator ends the work.

        Parameters
        ----------
        subject : Subject
            Told its class, unless the method is of gradients or activations of a layer.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class PixelMethod(Method):
    """A map of the pixels of an input, whatever the layers.

    Parameters
    ----------
    input : int or str, optional
        Which input of several, by place or name. By default the first with axes of space that
        the score depends on.
    """

    input: int | str | None = field(default=None, kw_only=True, repr=False)

    of_pixels = True
    takes_layer = False


class GradientMethod(Method):
    """A map of a layer, made of its feature maps and of the score's gradients by them."""

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the maps in one pass."""
        maps, gradients, answers = subject.maps_and_gradients()
        yield Progress(1, 1, self(maps, gradients), answers)

    def __call__(self, maps: Maps, gradients: Maps) -> Raw:
        """Return the map of each image.

        Parameters
        ----------
        maps : ndarray, float32, shape (batch, ..., channels)
            What the layer returned; one, two or three axes of space.
        gradients : ndarray, float32, shape (batch, ..., channels)
            Of each image's score by its own maps.

        Returns
        -------
        ndarray, float32, shape (batch, ...)
            Signed where the formula is, finite where `maps` and `gradients` are.
        """
        raise NotImplementedError


class ActivationMethod(Method):
    """A map of a layer, made of its feature maps alone, whatever the score."""

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the maps in one pass."""
        maps, answers = subject.maps()
        yield Progress(1, 1, self(maps), answers)

    def __call__(self, maps: Maps) -> Raw:
        """Return the map of each image.

        Parameters
        ----------
        maps : ndarray, float32, shape (batch, ..., channels)
            What the layer returned; one, two or three axes of space.

        Returns
        -------
        ndarray, float32, shape (batch, ...)
        """
        raise NotImplementedError
