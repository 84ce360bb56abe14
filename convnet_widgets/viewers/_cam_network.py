"""What a network offers to explain: its classes, and the layers that can tell where."""

from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from ..core.activations import traced_inputs
from ..core.attribution.usual_layer import spatial_layers, usual_layer
from ..core.heads import Head, find_head
from ..core.layers import layer_rows
from ..core.networks import VisionModel
from ..core.outputs import output_place
from ..core.predictions import predict
from ..core.targets import Contrast, class_label, class_names, resolve
from ..core.tracing import Trace
from ._panel import LayerChoice

ClassShare = dict[str, Any]


@dataclass(frozen=True, eq=False)
class CamNetwork:
    """A network and the output of it that is explained.

    Parameters
    ----------
    vision : VisionModel
        The network.
    output : str, int or None
        Which output of several.
    """

    vision: VisionModel
    output: str | int | None = None
    # of the last image, held so that its id is its own: to prepare a large one takes long
    _found: dict[int, tuple[Any, Trace, Head]] = field(default_factory=dict, init=False)

    def layers(self, images: Any, layer: str | int | None, is_asked: bool = True) -> LayerChoice:
        """The layers with places that a score depends on; the last of them where none is named.

        Without any there is nothing to choose, which is no error where none `is_asked` for.

        Raises
        ------
        ValueError
            If there is none but one is asked for, or the image does not fit.
        """
        traced, head = self._seen(images)
        paths = set(spatial_layers(traced, head))
        all_rows = layer_rows(self.vision.model, traced)
        usual = usual_layer(traced, head, self.vision.name) if paths or is_asked else ""
        rows = [row for row in all_rows if row.path in paths]
        return LayerChoice(self.vision, all_rows, rows, usual if layer is None else layer)

    def names(self, images: Any) -> list[str]:
        """Of the classes; none where there are none."""
        return class_names(self._seen(images)[1], self.vision.labels) or []

    def check(self, images: Any, target: Any) -> None:
        """Refuse a target that is none.

        Raises
        ------
        TypeError, LookupError, ValueError
            With what there is.
        """
        head = self._seen(images)[1]
        shape = head.logits.shape[1:].as_list()
        if None not in shape:  # else it is found while the map is made
            resolve(target, head, self.vision.labels, shape)

    def classes(self, images: Any, top: int) -> tuple[list[ClassShare], bool]:
        """The likeliest classes as the browser takes them, and whether their scores are shares.

        There are none where the output is not that of a classifier.
        """
        head = self._seen(images)[1]
        if head.is_dense or head.classes == 1:
            return [], False
        names = class_names(head, self.vision.labels)
        found = predict(self.vision, images, top, self.output)[0]
        scores = head.shares(np.array([one.score for one in found]))
        told = [
            class_told(one.index, class_label(one.index, head, names), float(score))
            for one, score in zip(found, scores, strict=True)
        ]
        return told, head.activation is not None

    def compares(self, images: Any) -> bool:
        """Whether there is more than one class to explain."""
        return self._seen(images)[1].classes != 1

    def answer(self, images: Any, target: Any) -> str:
        """What measures of quality follow: a probability, a score, or the difference of two."""
        head = self._seen(images)[1]
        is_share = head.activation is not None and not callable(target)
        if isinstance(target, Contrast) and not head.is_binary:
            return f"difference of {'probabilities' if is_share else 'scores'}"
        return "probability" if is_share else "score"

    def forget(self) -> None:
        """Look at the network anew, as after it was changed."""
        self._found.clear()

    def _seen(self, images: Any) -> tuple[Trace, Head]:
        found = dict(self._found).get(id(images)) or self._look(images)
        self._found.clear()
        self._found[id(images)] = found
        return found[1:]

    def _look(self, images: Any) -> tuple[Any, Trace, Head]:
        traced = traced_inputs(self.vision, images)[1]
        place = output_place(self.vision.model, traced.returned, self.output)
        return images, traced, find_head(traced, place)


def class_told(index: int | None, label: str, score: float) -> ClassShare:
    """A class as the browser takes it."""
    return {"index": index, "label": readable(label), "score": finite(score)}


def finite(value: float) -> float | None:
    """A number as JSON has it, which knows neither NaN nor infinity."""
    return float(value) if isfinite(value) else None


def share_text(share: float) -> str:
    """A probability in percent, in the words of the list of classes."""
    if not isfinite(share):
        return "–"
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def readable(label: str) -> str:
    """The name of a class as a person writes it: those of ImageNet have underscores."""
    return label.replace("_", " ")
