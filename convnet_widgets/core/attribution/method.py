"""What every method of attribution has in common."""

from typing import ClassVar

import numpy as np
from jaxtyping import Float32

Maps = Float32[np.ndarray, "batch *space channels"]
"""Feature maps, or gradients by them, float32; one, two or three axes of space."""

Raw = Float32[np.ndarray, "batch *space"]
"""Maps of attribution, float32, signed where the formula is: neither cut at 0 nor scaled."""


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
    """

    name: ClassVar[str]
    title: ClassVar[str]
    slow: ClassVar[bool] = False


class GradientMethod(Method):
    """A map of a layer, made of its feature maps and of the score's gradients by them."""

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
