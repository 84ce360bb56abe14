"""Spearman's rank correlation of two maps."""

import numpy as np
from jaxtyping import Float


def rank_correlation(one: Float[np.ndarray, "*space"], other: Float[np.ndarray, "*space"]) -> float:
    """Correlate the ranks of two maps' values, equal values sharing the mean of their ranks.

    Returns
    -------
    float
        −1 to 1; NaN where a map is the same everywhere or not finite, since it has no order.

    References
    ----------
    Spearman, *The Proof and Measurement of Association between Two Things*, 1904,
    doi:10.2307/1412159.
    """
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return float("nan")
    ranks = [_ranks(values.ravel()) for values in (one, other)]
    centred = [rank - rank.mean() for rank in ranks]
    scale = np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum())
    return float((centred[0] * centred[1]).sum() / scale) if scale else float("nan")


def _ranks(values: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[places]
