"""HiResCAM: gradient times feature map at each place."""

from dataclasses import dataclass

from .channel_sums import channel_sum
from .method import GradientMethod, Maps, Raw


@dataclass(frozen=True)
class HiResCAM(GradientMethod):
    """The sum over channels of gradient times feature map.

    ``L(p) = Σ_k G_k(p) · A_k(p)``, where

    - ``A_k(p)`` is the feature map of channel ``k`` at the place ``p``,
    - ``G_k(p) = ∂S/∂A_k(p)`` the gradient of the score ``S`` by it.

    Where all after the layer is linear, the map's sum is the score less its constant: heat lies
    only where the network looked.

    References
    ----------
    Draelos and Carin, *Use HiResCAM instead of Grad-CAM for faithful explanations of
    convolutional neural networks*, 2020, arXiv:2011.08891.
    """

    name = "hires_cam"
    title = "HiResCAM"
    of_logit = True

    def __call__(self, maps: Maps, gradients: Maps) -> Raw:
        """Return ``Σ_k G_k · A_k`` of each image."""
        return channel_sum(maps, gradients)
