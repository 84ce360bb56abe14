"""A panel about the layers of a network and an image that can be exchanged."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from PIL import Image

from ..core.activations import layers_for
from ..core.images import load_image, sample_images
from ..core.networks import VisionModel
from ._panel import LayerChoice, Panel
from ._photograph import photograph_bytes, takes_photographs


@dataclass(frozen=True, eq=False)
class ChosenImage:
    """An image as a network takes it, its name, and the photograph that a browser shows."""

    images: Any
    name: str
    photograph: bytes

    @property
    def traits(self) -> dict[str, Any]:
        """What the browser is told of it."""
        return {"_image_name": self.name, "_photograph": self.photograph}


NO_IMAGE = ChosenImage(None, "none", b"")


def chosen_image(net: VisionModel, image: Any, name: str = "") -> ChosenImage:
    """Read an image: a file, a sample, bytes or a PIL image; arrays are taken as they are."""
    images, name = read_image(image, name)
    return ChosenImage(images, name, photograph_bytes(net, images))


def read_image(image: Any, name: str = "") -> tuple[Any, str]:
    """The image as a network takes it, and what it is called."""
    if isinstance(image, str | PathLike):
        return load_image(image), Path(image).name
    if isinstance(image, bytes | bytearray | memoryview | Image.Image):
        return load_image(image), name
    return image, name


class ImageViewer(Panel):
    """A panel with an image, chosen by :meth:`set_image`, among samples or by upload.

    Parameters
    ----------
    choice, **traits
        As for :class:`Panel`.
    chosen : ChosenImage
        The first image.
    """

    _photograph = traitlets.Bytes(b"").tag(sync=True)
    _image_name = traitlets.Unicode("").tag(sync=True)
    _samples = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _uploads = traitlets.Bool(False).tag(sync=True)
    _error_passes = traitlets.Bool(False).tag(sync=True)  # of an image that was not taken

    def __init__(self, choice: LayerChoice, chosen: ChosenImage, **traits: Any) -> None:
        self._chosen = chosen
        self._unread: deque[Callable[[], ChosenImage]] = deque(maxlen=1)
        net = choice.net
        offered = {"_samples": _offered_samples(net), "_uploads": takes_photographs(net)}
        super().__init__(choice, **offered, **chosen.traits, **traits)
        self.on_msg(self._take_message)

    def set_image(self, image: Any) -> None:
        """Show the maps of another image, read and computed in the background.

        Parameters
        ----------
        image : str, path, bytes, PIL image, array, or list or dict of arrays
            As for the class. What cannot be read is reported in the panel and in `error`, and
            the present image stays.
        """
        self._exchange(lambda: self._chosen_image(image))

    def _chosen_image(self, image: Any, name: str = "") -> ChosenImage:
        """Read an image, called `name` where it has no name of its own."""
        return chosen_image(self.net, image, name)

    def _exchange(self, read: Callable[[], ChosenImage]) -> None:
        self._unread.append(read)
        self._request(self._show_present)

    def _take_image(self) -> None:
        """Read the image asked for last; one that cannot be shown leaves the present one."""
        if not self._unread:
            return
        try:
            chosen = self._unread.pop()()
            layers_for(self.net, chosen.images)
        except Exception as error:
            self._show_error(error)
            self._error_passes = True
            return
        self._chosen = chosen

    def _show_error(self, error: Exception) -> None:
        self._error_passes = False
        super()._show_error(error)

    def _take_message(self, _widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        name = str(content.get("name", ""))
        if content.get("kind") == "sample":
            self.set_image(name)
        elif content.get("kind") == "upload" and buffers:
            uploaded = bytes(buffers[0])
            self._exchange(lambda: self._chosen_image(_uploaded(uploaded, name), name))


def _uploaded(data: bytes, name: str) -> np.ndarray:
    try:
        return load_image(data)
    except ValueError as error:
        reason = str(error).removeprefix(f"the {len(data)} bytes given: ")
        raise ValueError(f"{name}: {reason}") from error


def _offered_samples(vision: VisionModel) -> list[str]:
    if not takes_photographs(vision):
        return []
    try:
        return list(sample_images())
    except ImportError:
        return []
