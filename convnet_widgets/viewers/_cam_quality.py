"""How far a heatmap can be trusted: three measures, made part by part."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ..core.attribution.drop_increase import DropIncrease, drop_and_increase_steps
from ..core.attribution.faithfulness import FaithfulnessCurves, insertion_deletion_steps
from ..core.attribution.randomisation import RandomisationCheck, randomisation_check_steps
from ._cam_network import CamNetwork, finite
from ._cam_view import CamView

Part = tuple[str, str, Iterator[Any]]

_BEWARE = {
    "guided_grad_cam": "What changes is the part of Grad-CAM; the fine lines alone hardly do.",
}
"""What a passed check does not say of a method."""


@dataclass(frozen=True, eq=False)
class CamQuality:
    """How far a heatmap can be trusted.

    Attributes
    ----------
    answer : str
        What the curves are of: a probability, a score, or the difference of two.
    curves : FaithfulnessCurves or None
        The score while pixels come and go, the hottest first.
    drop_increase : DropIncrease or None
        The probability of the image seen through its heat.
    randomisation : RandomisationCheck or None
        The map beside those of shuffled weights.
    lacks : dict
        Why one of these is None, by its name.
    """

    answer: str = "score"
    curves: FaithfulnessCurves | None = None
    drop_increase: DropIncrease | None = None
    randomisation: RandomisationCheck | None = None
    lacks: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        parts = (self.curves, self.drop_increase, self.randomisation)
        return f"CamQuality({', '.join(repr(part) for part in parts if part is not None)})"

    def with_part(self, part: str, make: Callable[[], Any]) -> "CamQuality":
        """The same with one part more, or with the reason why that cannot be had."""
        try:
            return replace(self, **{part: make()})
        except (TypeError, ValueError) as error:
            return replace(self, lacks=self.lacks | {part: str(error)})

    def traits(self, view: CamView) -> dict[str, Any]:
        """What the browser is told; of a part that is not there nothing."""
        told: dict[str, Any] = {"of": view.titles[0].replace("\n", " · "), "lacks": self.lacks}
        if self.curves is not None:
            told["curves"] = _curves_told(self.curves) | {"answer": self.answer}
        if self.drop_increase is not None:
            told["drop"] = _drop_told(self.drop_increase)
        if self.randomisation is not None:
            beware = _BEWARE.get(view.maps[0].method, "")
            told["check"] = _check_told(self.randomisation) | {"beware": beware}
        return told


def parts_of(network: CamNetwork, view: CamView) -> Iterator[Part]:
    """What is done for each part, its name, and its steps, whose errors come with the first."""
    heatmap, asked = view.maps[0], view.asked[0]
    given = (network.vision, view.image.images)
    of: dict[str, Any] = {"target": asked.target, "output": network.output}
    curves = partial(insertion_deletion_steps, *given, heatmap, **of)
    yield "Inserting and deleting pixels", "curves", _later(curves)
    seen = partial(drop_and_increase_steps, *given, heatmap, **of)
    yield "Looking through the heat", "drop_increase", _later(seen)
    # the class that was likeliest stays the one that is explained
    of["target"] = heatmap.target.index if asked.target is None else asked.target
    check = partial(randomisation_check_steps, *given, asked.of_layer, method=asked.method, **of)
    yield "Shuffling weights", "randomisation", _later(check)


def _later(make: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    yield from make()


def _curves_told(curves: FaithfulnessCurves) -> dict[str, Any]:
    names = ("fractions", "insertion", "deletion")
    points = {name: [finite(value) for value in getattr(curves, name)] for name in names}
    areas = {name: finite(getattr(curves, name)) for name in ("insertion_auc", "deletion_auc")}
    return points | areas


def _drop_told(found: DropIncrease) -> dict[str, Any]:
    return {
        "before": finite(found.before[0]),
        "after": finite(found.after[0]),
        "drop": finite(found.average_drop),
        "increase": finite(found.average_increase),
    }


def _check_told(check: RandomisationCheck) -> dict[str, Any]:
    reason = check.reason
    return {
        "layers": list(check.layers),
        "similarity": [finite(value) for value in check.similarity],
        "passed": check.passed,
        "tells_learned": check.prominence is not None,
        "reason": f"{reason[:1].upper()}{reason[1:]}",
    }
