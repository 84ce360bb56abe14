"""One or two heatmaps as a panel shows them: on one scale, with titles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from ..core.attribution.results import Heatmap, Target
from ..core.targets import Contrast
from ..rendering.cam_figures import HeatmapPanel, heatmap_figure
from ..rendering.plane_figures import slices_figure, strip_figure
from ..rendering.view_figure import ViewFigure
from ..widgets._overlay_traits import NO_HEAT, heat_traits
from ._cam_image import CamImage
from ._cam_maps import Asked, flat, laid_out, scaled
from ._cam_network import readable, share_text
from ._cam_scale import Scale, scale_of

_TWICE = "Both are the same map; choose another to compare with."
_OTHER = ("_codes", "_range", "_unseen", "_box", "_map_height", "_map_width")


@dataclass(frozen=True, eq=False)
class CamView:
    """Heatmaps of one image, side by side where there are two.

    Parameters
    ----------
    image : CamImage
        The image.
    maps : list of Heatmap
        One or two.
    asked : list of Asked
        What each was made for.
    """

    image: CamImage
    maps: list[Heatmap]
    asked: list[Asked]

    @property
    def titles(self) -> list[str]:
        """Class, probability, method and layer of each."""
        return [_title(one, asked) for one, asked in zip(self.maps, self.asked, strict=True)]

    @property
    def traits(self) -> dict[str, Any]:
        """What the browser is told."""
        factors, note = self._scale
        first, *others = (
            _heat(one, self.image, factor) | {"label": title, "note": _sentence(one.reason)}
            for one, factor, title in zip(self.maps, factors, self.titles, strict=True)
        )
        other = others[0] if others else {**NO_HEAT, "label": "", "note": ""}
        return {**first, **_as_other(other), "_scale_note": note, "_compares": bool(others)}

    def figure(self, caption: str, look: dict[str, Any]) -> ViewFigure:
        """The view drawn by matplotlib; `look`: colour map, alpha and threshold."""
        first, rank = self.maps[0], self.maps[0].values.ndim
        if len(self.maps) == 1 and rank != 2 and self.image.picture is not None:
            return self._of_another_rank(first, caption, look)
        factors, note = self._scale
        panels = [
            HeatmapPanel(self._picture(one), laid_out(one, self.image, factor), title, one.reason)
            for one, factor, title in zip(self.maps, factors, self.titles, strict=True)
        ]
        if self.image.picture is None:
            look = look | {"alpha": 1.0}
        lines = note.replace(". ", ".\n")  # a sentence each, since a title is not wrapped
        return heatmap_figure(panels, title=f"{caption}\n{lines}".strip(), highest=1.0, **look)

    def _of_another_rank(self, heatmap: Heatmap, caption: str, look: dict[str, Any]) -> ViewFigure:
        (factor,), note = self._scale
        heat = scaled(heatmap.resized(self.image.extent), factor)
        pixels = np.asarray(self.image.images)
        said: dict[str, Any] = {
            "title": f"{caption}\n{self.titles[0]}\n{note}".strip(),
            "reason": heatmap.reason,
        }
        if heat.ndim == 1:
            return strip_figure(heat, pixels, colour_map=look["colour_map"], **said)
        return slices_figure(heat, pixels, **look, **said)

    def _picture(self, heatmap: Heatmap) -> UInt8[np.ndarray, "height width 3"]:
        if self.image.picture is not None:
            return self.image.picture
        return np.zeros((*laid_out(heatmap, self.image).shape, 3), np.uint8)

    def heat(self) -> Float32[np.ndarray, "height width"]:
        """Of the first, at the size of the photograph, on the scale it has alone."""
        (factor,), _ = scale_of(self.maps[:1], [self.asked[0].method])
        return laid_out(self.maps[0], self.image, factor)

    @property
    def _scale(self) -> Scale:
        scale = scale_of(self.maps, [asked.method for asked in self.asked])
        return scale._replace(note=f"{_TWICE} {scale.note}".strip()) if self._is_twice else scale

    @property
    def _is_twice(self) -> bool:
        """Whether the second map was asked for what the first was, if by another name."""
        if len(self.asked) == 1:
            return False
        (one, other), (index, other_index) = self.asked, (x.target.index for x in self.maps)
        is_one_class = index is not None and index == other_index
        return one.method == other.method and (is_one_class or one.target == other.target)


NOTHING: dict[str, Any] = {
    **NO_HEAT,
    **{f"_other{name}": value for name, value in NO_HEAT.items()},
    **{"label": "", "note": "", "_other_label": "", "_other_note": ""},
    **{"_scale_note": "", "_compares": False},
}
"""The photograph alone."""


def _as_other(traits: dict[str, Any]) -> dict[str, Any]:
    return {f"_other{name if name in _OTHER else f'_{name}'}": traits[name] for name in traits}


def _heat(heatmap: Heatmap, image: CamImage, factor: float) -> dict[str, Any]:
    if heatmap.reason:
        return dict(NO_HEAT)
    return heat_traits(*flat(heatmap, image, factor))


def _title(heatmap: Heatmap, asked: Asked) -> str:
    name = readable(heatmap.target.label) or "the output"
    answer = _answer(heatmap.target, isinstance(asked.target, Contrast))
    of = f" of {heatmap.layer}" if asked.of_layer else ""
    return f"{name} · {answer}\n{asked.method.title}{of}"


def _answer(target: Target, is_contrast: bool) -> str:
    if is_contrast:
        return f"{target.score:+.2f} in logits".replace("-", "−")
    if target.probability is not None:
        return share_text(target.probability)
    return f"score {target.score:.3g}".replace("-", "−")


def _sentence(reason: str) -> str:
    return reason and f"{reason[0].upper()}{reason[1:]}."
