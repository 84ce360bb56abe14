"""Grad-CAM: channels weighted by their mean gradient."""

from dataclasses import dataclass

from .channel_sums import channel_sum, space_axes
from .method import GradientMethod, Maps, Raw


@dataclass(frozen=True)
class GradCAM(GradientMethod):
    """Feature maps, each weighted by the mean of its gradient.

    ``L(p) = Σ_k w_k · A_k(p)`` with ``w_k = 1/Z · Σ_p G_k(p)``, where

    - ``A_k(p)`` is the feature map of channel ``k`` at the place ``p``,
    - ``G_k(p) = ∂S/∂A_k(p)`` the gradient of the score ``S`` by it,
    - ``Z`` the number of places.

    Averaging the gradient may give heat to places that the score does not depend on; HiResCAM
    does not.

    References
    ----------
    Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization*, ICCV 2017, doi:10.1109/ICCV.2017.74, arXiv:1610.02391.
    """

    name = "grad_cam"
    title = "Grad-CAM"
    of_logit = True

    def __call__(self, maps: Maps, gradients: Maps) -> Raw:
        """Return ``Σ_k w_k · A_k`` of each image."""
        return channel_sum(maps, gradients.mean(axis=space_axes(gradients), dtype="float64"))
