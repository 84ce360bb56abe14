"""XGrad-CAM: channels weighted by their gradient where they are active."""

from dataclasses import dataclass

import numpy as np

from .channel_sums import channel_sum, ratio, space_axes, space_sum
from .method import GradientMethod, Maps, Raw


@dataclass(frozen=True)
class XGradCAM(GradientMethod):
    """Feature maps, each weighted by the mean of its gradient where the map is large.

    ``L(p) = Σ_k w_k · A_k(p)`` with ``w_k = Σ_p G_k(p) · A_k(p) / Σ_p A_k(p)``, where

    - ``A_k(p)`` is the feature map of channel ``k`` at the place ``p``,
    - ``G_k(p) = ∂S/∂A_k(p)`` the gradient of the score ``S`` by it,
    - ``w_k`` is 0 where the map's sum is 0.

    The weights are those that best keep sensitivity (a channel left out changes the score by its
    share of heat) and conservation (all heat together is the score). After a ReLU both sums run
    over what is active; maps of either sign may have a sum near 0 and so a weight beyond measure.

    References
    ----------
    Fu et al., *Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs*,
    BMVC 2020, arXiv:2008.02312.
    """

    name = "xgrad_cam"
    title = "XGrad-CAM"
    of_logit = True

    def __call__(self, maps: Maps, gradients: Maps) -> Raw:
        """Return ``Σ_k w_k · A_k`` of each image."""
        products = np.multiply(gradients, maps, dtype=np.float64)
        weights = ratio(products.sum(axis=space_axes(maps)), space_sum(maps))
        return channel_sum(maps, weights)
