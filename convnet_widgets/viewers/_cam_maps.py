"""Heatmaps that were asked for: made a step at a time, kept, and laid over the picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from ..core.attribution.class_activation_map import class_activation_steps
from ..core.attribution.method import Method
from ..core.attribution.results import CamStep, Heatmap
from ..rendering.planes import heat_plane
from ._cam_image import CamImage
from ._cam_network import CamNetwork
from ._planes import as_planes

_MOST_KEPT = 64


@dataclass(frozen=True)
class Asked:
    """What a heatmap is asked for."""

    layer: str
    target: Any
    method: Method

    @property
    def of_layer(self) -> str | None:
        """The layer, for methods that ask one."""
        return self.layer if self.method.takes_layer else None


class MapMaker:
    """Makes heatmaps of one image at a time, and keeps those it made.

    Parameters
    ----------
    network : CamNetwork
        The network; it is not changed.
    """

    def __init__(self, network: CamNetwork) -> None:
        self._network = network
        self._kept: dict[Any, Heatmap] = {}
        self._kept_of: CamImage | None = None

    def forget(self) -> None:
        """Make all maps anew, as after training."""
        self._kept = {}

    def steps(self, asked: Asked, image: CamImage) -> Iterator[CamStep]:
        """The steps of a map, or one alone where it was made before."""
        if image is not self._kept_of:
            self._kept, self._kept_of = {}, image
        kept = self._kept
        key = (asked.of_layer, asked.target, asked.method)
        if key in kept:
            yield CamStep(1, 1, kept[key])
            return
        question = (asked.of_layer, asked.target, asked.method, self._network.output)
        for step in class_activation_steps(self._network.vision, image.images, *question):
            if step.heatmap is not None:
                one = step.heatmap if isinstance(step.heatmap, Heatmap) else step.heatmap[0]
                step = step._replace(heatmap=one)
                if len(kept) >= _MOST_KEPT:
                    kept.pop(next(iter(kept)))
                kept[key] = one
            yield step


def flat(
    heatmap: Heatmap, image: CamImage, factor: float
) -> tuple[Float32[np.ndarray, "rows columns"], tuple[float, ...] | None]:
    """Values of two axes, and the box of the picture that they lie over, None for all of it."""
    values = scaled(heatmap.values, factor)
    if heatmap.frame is not None:
        return values, tuple(heatmap.frame.seen)
    if image.picture is None:
        return _on_two_axes(values), None
    return laid_out(heatmap, image, factor), None


def laid_out(
    heatmap: Heatmap, image: CamImage, factor: float = 1.0
) -> Float32[np.ndarray, "rows columns"]:
    """Values at the size of the picture, NaN where the network did not look."""
    if image.picture is None:
        return _on_two_axes(scaled(heatmap.values, factor))
    size = None if heatmap.frame is not None else image.extent
    return heat_plane(scaled(heatmap.resized(size), factor), image.picture.shape[:2])


def scaled(values: Float32[np.ndarray, "*place"], factor: float) -> Float32[np.ndarray, "*place"]:
    """Heat on the scale that a factor brings it to; NaN stays."""
    return np.minimum(values * np.float32(factor), np.float32(1))


def _on_two_axes(values: np.ndarray) -> np.ndarray:
    return as_planes(values[..., None])[..., 0]
