"""The photograph as the network sees it, ready to stand beside a map."""

from typing import Any

import numpy as np

from ..core.networks import VisionModel
from ..core.preparation import image_batch, image_input
from ..rendering.encoding import encode
from ..rendering.photographs import photograph

_SMALL = 64  # pixels of height; so much enlarged the blocks of JPEG would show


def photograph_bytes(net: VisionModel, images: Any) -> bytes:
    """PNG or JPEG of the image at the size the network takes; empty where it takes no images."""
    wanted = image_input(net.model)
    if wanted is None or isinstance(images, dict | list | tuple):
        return b""
    pixels = np.asarray(image_batch(images, wanted, net.fit)[0])
    # a preprocessing takes 0–255, so an image in 0–1 is black to the network
    limits = None if net.preprocess is None else (0.0, 255.0)
    return encode(photograph(pixels, limits), "png" if pixels.shape[0] <= _SMALL else "jpeg")


def takes_photographs(net: VisionModel) -> bool:
    """Whether the network takes one RGB or grey image."""
    wanted = image_input(net.model)
    several = len(getattr(net.model, "inputs", None) or ()) > 1
    return wanted is not None and wanted.channels in (1, 3, None) and not several
