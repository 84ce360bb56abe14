"""Element-wise Grad-CAM: gradient times feature map, where positive."""

from dataclasses import dataclass

import numpy as np

from .channel_sums import channel_sum
from .method import GradientMethod, Maps, Raw


@dataclass(frozen=True)
class ElementwiseGradCAM(GradientMethod):
    """The sum over channels of gradient times feature map, of what is positive alone.

    ``L(p) = Σ_k max(G_k(p) · A_k(p), 0)``, where

    - ``A_k(p)`` is the feature map of channel ``k`` at the place ``p``,
    - ``G_k(p) = ∂S/∂A_k(p)`` the gradient of the score ``S`` by it.

    As HiResCAM, but what speaks against the target takes no heat from what speaks for it.

    References
    ----------
    Pillai and Pirsiavash, *Explainable Models with Consistent Interpretations*, AAAI 2021,
    doi:10.1609/aaai.v35i3.16344. There the cut at 0 follows the sum; here, as in the libraries
    that know the method by this name, it comes before it.
    """

    name = "elementwise_grad_cam"
    title = "Element-wise Grad-CAM"
    of_logit = True

    def __call__(self, maps: Maps, gradients: Maps) -> Raw:
        """Return ``Σ_k max(G_k · A_k, 0)`` of each image."""
        same_sign = (gradients > 0) == (maps > 0)
        return channel_sum(maps, np.where(same_sign, gradients, np.float32(0)))
