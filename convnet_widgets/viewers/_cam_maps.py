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
from ._planes import as_planes

_MOST_KEPT = 64
_OF_ONE_UNIT = {"grad_cam", "hires_cam", "layer_cam", "xgrad_cam", "elementwise_grad_cam"}
"""Sums over channels of activation times gradient: parts of a logit, which can be compared."""
_OF_SINGLE_PIXELS = {"saliency", "smooth_grad", "integrated_gradients", "guided_grad_cam"}
"""A few pixels lie so far above the others that beside the largest all would be black."""
_SHARE_BELOW = 0.99
_PERCENTILE = f"the {100 * _SHARE_BELOW:.0f}th percentile"


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
        0 or more. What comes out above 1 is drawn as 1.
    note : str
        What 1 means.
    """
    own = [_highest(one) / _top(one) if _top(one) else 1.0 for one in maps]
    if len(maps) == 1:
        rest = "; all above it is drawn as 1" if own[0] > 1 else " of the map"
        return own, f"Heat 1 is {_meaning(maps[0])}{rest}."
    methods = {one.method for one in maps}
    if len(methods) > 1 and not methods <= _OF_ONE_UNIT:
        of_pixels = f" Of pixels heat 1 is {_PERCENTILE}." if max(own) > 1 else ""
        return own, f"Each on its own scale: the two methods measure different things.{of_pixels}"
    tops = [_top(one) for one in maps]
    top = max(tops)
    if top <= 0:
        return own, ""
    larger = "left" if tops[0] == top else "right"
    note = f"One scale for both: heat 1 is {top:.3g}, {_meaning(maps[0])}, {larger}."
    return [_highest(one) / top for one in maps], note


def _highest(heatmap: Heatmap) -> float:
    return 0.0 if heatmap.reason else float(heatmap.raw.max())


def _top(heatmap: Heatmap) -> float:
    """The raw value that is drawn as heat 1."""
    if heatmap.reason or heatmap.method not in _OF_SINGLE_PIXELS:
        return _highest(heatmap)
    # of sparse maps, the percentile may be 0
    return float(np.quantile(np.maximum(heatmap.raw, 0), _SHARE_BELOW)) or _highest(heatmap)


def _meaning(heatmap: Heatmap) -> str:
    if 0 < _top(heatmap) < _highest(heatmap):
        return _PERCENTILE
    return "the largest value"


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
