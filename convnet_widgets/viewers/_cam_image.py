"""The image that a heatmap lies over, at its own size."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ..core.networks import VisionModel
from ..core.preparation import image_input, input_shapes
from ..rendering.photographs import photograph
from ..rendering.planes import image_plane
from ..widgets._overlay_traits import NO_PHOTOGRAPH, photograph_traits
from ._image_viewer import ChosenImage, read_image

_IMAGE_RANK = 3


@dataclass(frozen=True, eq=False)
class CamImage(ChosenImage):
    """One image, its name, and a picture of it.

    Attributes
    ----------
    picture : ndarray of uint8, shape (height, width, 3), or None
        The photograph at its own size; of a sequence or a volume its `image_plane`. None for a
        network of several inputs.
    extent : tuple of int
        Of the image without its channels.
    shown : dict
        Traits of the overlay.
    """

    picture: UInt8[np.ndarray, "height width 3"] | None
    extent: tuple[int, ...]
    shown: dict[str, Any]

    @property
    def traits(self) -> dict[str, Any]:
        """What the browser is told of it."""
        return {"_image_name": self.name, **self.shown}


def cam_image(net: VisionModel, image: Any, name: str = "") -> CamImage:
    """Read an image as :func:`chosen_image` does; of a batch the first is taken."""
    images, name = read_image(image, name)
    if isinstance(images, dict) or len(input_shapes(net.model)) > 1:
        return CamImage(images, name, b"", None, (), NO_PHOTOGRAPH)
    one = _first(net, images)
    picture = _picture(net, np.asarray(one))
    shown = photograph_traits(picture, None)
    extent = np.shape(one)[:2] if image_input(net.model) else np.shape(one)[:-1]
    return CamImage(one, name, shown["_photograph"], picture, extent, shown)


def _first(net: VisionModel, images: Any) -> Any:
    """One image, without the axis of a batch."""
    if isinstance(images, list | tuple):
        return images[0]
    rank = _IMAGE_RANK if image_input(net.model) else len(input_shapes(net.model)[0]) - 1
    return images[0] if np.ndim(images) > rank else images


def _picture(net: VisionModel, pixels: np.ndarray) -> UInt8[np.ndarray, "height width 3"]:
    if image_input(net.model) is None:
        return image_plane(pixels)
    # a preprocessing takes 0–255, so an image in 0–1 is black to the network
    limits = None if net.preprocess is None else (0.0, 255.0)
    if pixels.dtype == np.uint8 and pixels.shape[2:] == (3,) and (limits or pixels.max() > 1):
        return pixels  # as it would come out, but for the gigabyte that a large one takes
    return photograph(pixels if pixels.ndim == _IMAGE_RANK else pixels[..., None], limits)
