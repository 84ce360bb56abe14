"""Sums over the channels of feature maps, in double precision so that nothing overflows."""

import numpy as np
from jaxtyping import Float, Float32, Float64

from .method import Maps, Raw


def channel_sum(maps: Maps, weights: Float[np.ndarray, "batch ... channels"]) -> Raw:
    """``Σ_k weights_k · maps_k``, a float32 map for each image.

    Parameters
    ----------
    maps : ndarray, shape (batch, ..., channels)
        With any axes of space.
    weights : ndarray, shape (batch, channels) or that of `maps`
        One for each channel, or for each value.
    """
    subscripts = "b...k,bk->b..." if weights.ndim == 2 else "b...k,b...k->b..."
    return as_float32(np.einsum(subscripts, maps, weights, dtype=np.float64))


def space_sum(maps: Maps) -> Float64[np.ndarray, "batch channels"]:
    """``Σ_space maps``, float64."""
    return maps.sum(axis=space_axes(maps), dtype=np.float64)


def space_axes(maps: Maps) -> tuple[int, ...]:
    """The axes between those of the images and of the channels."""
    return tuple(range(1, maps.ndim - 1))


def ratio(
    numerator: Float[np.ndarray, "*shape"], denominator: Float[np.ndarray, "*shape"]
) -> Float64[np.ndarray, "*shape"]:
    """``numerator / denominator``, float64, and 0 where the denominator is 0."""
    zero = np.zeros(numerator.shape)
    return np.divide(numerator, denominator, out=zero, where=denominator != 0)


def as_float32(values: Float[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    """The same in single precision; what is too large for it becomes its largest number."""
    largest = np.finfo(np.float32).max
    return np.clip(values, -largest, largest).astype(np.float32)
