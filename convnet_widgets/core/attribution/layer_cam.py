"""LayerCAM: feature maps weighted by their positive gradients, place by place."""

from dataclasses import dataclass

import numpy as np

from .channel_sums import channel_sum
from .method import GradientMethod, Maps, Raw


@dataclass(frozen=True)
class LayerCAM(GradientMethod):
    """Feature maps, each place weighted by its own gradient where that is positive.

    ``L(p) = Σ_k max(G_k(p), 0) · A_k(p)``, where

    - ``A_k(p)`` is the feature map of channel ``k`` at the place ``p``,
    - ``G_k(p) = ∂S/∂A_k(p)`` the gradient of the score ``S`` by it.

    Sharp at early layers too, and made for fusing the maps of several.

    References
    ----------
    Jiang et al., *LayerCAM: Exploring Hierarchical Class Activation Maps for Localization*, IEEE
    Transactions on Image Processing 30, 2021, doi:10.1109/TIP.2021.3089943.
    """

    name = "layer_cam"
    title = "LayerCAM"
    of_logit = True

    def __call__(self, maps: Maps, gradients: Maps) -> Raw:
        """Return ``Σ_k max(G_k, 0) · A_k`` of each image."""
        return channel_sum(maps, np.maximum(gradients, 0))
