"""From gradients by pixels to one value for each pixel."""

import numpy as np
from jaxtyping import Float

from .channel_sums import as_float32
from .method import Maps, Raw


def strongest(gradients: Float[np.ndarray, "batch *space channels"]) -> Raw:
    """``max over channels of |gradients|``."""
    return as_float32(np.abs(gradients).max(axis=-1))


def value_range(images: Maps) -> Float[np.ndarray, "batch ..."]:
    """Largest less smallest value of each image, of a shape to multiply images with."""
    axes = tuple(range(1, images.ndim))
    return images.max(axis=axes, keepdims=True) - images.min(axis=axes, keepdims=True)


def check_lies_over(maps: np.ndarray, images: np.ndarray) -> None:
    """Refuse maps that cannot be laid over the network's input.

    Raises
    ------
    ValueError
        If they have another number of axes of space.
    """
    if maps.ndim != images.ndim:
        raise ValueError(
            f"the layer's maps have {maps.ndim - 2} axes of space and the network's input "
            f"{images.ndim - 2}; choose a layer whose maps lie over the input"
        )
