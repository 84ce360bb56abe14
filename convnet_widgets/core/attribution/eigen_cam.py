"""Eigen-CAM: what most of the feature maps have in common."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from .channel_sums import as_float32
from .method import ActivationMethod, Maps, Raw


@dataclass(frozen=True)
class EigenCAM(ActivationMethod):
    """Feature maps projected on their first principal direction.

    ``L = M · v₁`` with ``M = U · Σ · Vᵀ``, where

    - ``M`` is the matrix of the feature maps, a row a place and a column a channel, not centred,
    - ``v₁`` the first column of ``V``, the right singular vector of the largest singular value,
      of the sign for which the map's sum is positive.

    It asks nothing of the score: the map is the same for every target, and shows what stands out
    for the layer rather than why a class was chosen.

    References
    ----------
    Muhammad and Yeasin, *Eigen-CAM: Class Activation Map using Principal Components*, IJCNN 2020,
    doi:10.1109/IJCNN48605.2020.9206626, arXiv:2008.00299.
    """

    name = "eigen_cam"
    title = "Eigen-CAM"

    def __call__(self, maps: Maps) -> Raw:
        """Return ``M · v₁`` of each image."""
        projections = [_projection(one.reshape(-1, one.shape[-1])) for one in maps]
        return as_float32(np.stack(projections)).reshape(maps.shape[:-1])


def _projection(
    matrix: Float32[np.ndarray, "positions channels"],
) -> Float64[np.ndarray, " positions"]:
    """``M · v₁`` by way of the smaller of ``M · Mᵀ`` and ``Mᵀ · M``."""
    # of its own scale, so that no square overflows or vanishes
    scale = float(np.abs(matrix).max()) or 1.0
    m = matrix / np.float64(scale)
    wide = m.shape[0] <= m.shape[1]
    values, vectors = np.linalg.eigh(m @ m.T if wide else m.T @ m)
    first = vectors[:, -1]
    projected = first * np.sqrt(max(values[-1], 0)) if wide else m @ first
    return projected * (scale if projected.sum() >= 0 else -scale)
