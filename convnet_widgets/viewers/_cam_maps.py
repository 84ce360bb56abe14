"""Heatmaps that were asked for: made a step at a time, kept, and brought to one scale."""

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

_MOST_KEPT = 64
_OF_ONE_UNIT = {"grad_cam", "hires_cam", "layer_cam", "xgrad_cam", "elementwise_grad_cam"}
"""Sums over channels of activation times gradient: parts of a logit, which can be compared."""


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


def scales(maps: list[Heatmap]) -> tuple[list[float], str]:
    """What each map is multiplied by to stand on one scale, and what that scale is.

    Parameters
    ----------
    maps : list of Heatmap
        One or two.

    Returns
    -------
    factors : list of float
        In [0, 1].
    note : str
        What 1 means.
    """
    if len(maps) == 1:
        return [1.0], "Heat 1 is the largest value of the map."
    methods = {one.method for one in maps}
    if len(methods) > 1 and not methods <= _OF_ONE_UNIT:
        return [1.0, 1.0], "Each on its own scale: the two methods measure different things."
    highest = [0.0 if one.reason else float(one.raw.max()) for one in maps]
    top = max(highest)
    if top <= 0:
        return [1.0, 1.0], ""
    larger = "left" if highest[0] == top else "right"
    note = f"One scale for both: heat 1 is {top:.3g}, the largest value, {larger}."
    return [one / top for one in highest], note


def flat(
    heatmap: Heatmap, image: CamImage, factor: float
) -> tuple[Float32[np.ndarray, "rows columns"], tuple[float, ...] | None]:
    """Values of two axes, and the box of the picture that they lie over, None for all of it."""
    values = heatmap.values * np.float32(factor)
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
        return _on_two_axes(heatmap.values) * np.float32(factor)
    size = None if heatmap.frame is not None else image.extent
    placed = heatmap.resized(size) * np.float32(factor)
    return heat_plane(placed, image.picture.shape[:2])


def _on_two_axes(values: np.ndarray) -> np.ndarray:
    """A sequence as a strip of one row, the slices of a volume side by side."""
    if values.ndim < 3:
        return np.atleast_2d(values)
    return np.concatenate(list(values), axis=1)
