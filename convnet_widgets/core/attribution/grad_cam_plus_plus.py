"""Grad-CAM++: channels weighted by their positive gradients, wherever in the image they are."""

from dataclasses import dataclass

import numpy as np

from .channel_sums import channel_sum, ratio, space_sum
from .method import GradientMethod, Maps, Raw


@dataclass(frozen=True)
class GradCAMPlusPlus(GradientMethod):
    """Feature maps, each weighted by a mean of its positive gradients that favours several objects.

    ``L(p) = Σ_k w_k · A_k(p)`` with ``w_k = Σ_p α_k(p) · max(G_k(p), 0)`` and
    ``α_k(p) = G_k(p)² / (2 · G_k(p)² + Σ_q A_k(q) · G_k(p)³)``, where

    - ``A_k(p)`` is the feature map of channel ``k`` at the place ``p``,
    - ``G_k(p) = ∂S/∂A_k(p)`` the gradient of the score ``S`` by it,
    - ``α_k(p)`` is 0 where its denominator is 0.

    The paper differentiates ``exp(S)``. Its derivatives are ``exp(S) · G``, ``exp(S) · G²`` and
    ``exp(S) · G³`` where all after the layer is piecewise linear: in ``α`` the factor cancels, in
    ``w`` it is one number for all channels, which dividing the map by its maximum takes out. So
    only ``S``, the logarithm, is differentiated, and no score is too large.

    ``α`` compares the gradient with ``1 / Σ A``: a network whose scores are all twice as large has
    another map, unlike with the other methods. Of maps before their ReLU, where ``Σ A`` may be
    negative, the denominator may come near 0 and weights may have any size and sign.

    References
    ----------
    Chattopadhay et al., *Grad-CAM++: Generalized Gradient-Based Visual Explanations for Deep
    Convolutional Networks*, WACV 2018, doi:10.1109/WACV.2018.00097, arXiv:1710.11063.
    """

    name = "grad_cam_plus_plus"
    title = "Grad-CAM++"

    def __call__(self, maps: Maps, gradients: Maps) -> Raw:
        """Return ``Σ_k w_k · A_k`` of each image."""
        batch, channels = len(maps), maps.shape[-1]
        positive = np.maximum(gradients, 0).reshape(batch, -1, channels).astype(np.float64)
        # α · G, with G² taken out of the fraction
        weighted = ratio(positive, 2 + space_sum(maps)[:, None] * positive)
        return channel_sum(maps, weighted.sum(axis=1))
