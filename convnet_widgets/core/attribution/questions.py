"""What is asked of a network: images, layers, targets and a method, checked and found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..activations import prepared_inputs
from ..frames import frames_of, input_frames
from ..framing import Frame
from ..heads import Head, find_head
from ..layer_table import LayerInfo
from ..layers import find_layer, layer_rows
from ..networks import as_vision_model
from ..outputs import output_place
from ..targets import ResolvedTarget, class_label, class_names, resolve
from ..tracing import Trace, trace
from .image_inputs import named_place
from .method import Method, PixelMethod
from .methods import as_method
from .subject import Subject
from .usual_layer import usual_layer


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a network.

    Attributes
    ----------
    method : Method
    subjects : list of Subject
        One for each target.
    layers : list of str
        Whose maps are fused; one that is empty for methods that ask no layer.
    input : int
        Which of the flat inputs the maps lie over.
    frames : list of Frame or None
        For each image, what the network looked at.
    head : Head
        The output.
    names : list of str or None
        Of its classes.
    single, several : bool
        Whether one image was given, without a batch axis, and whether a list of targets was.
    """

    method: Method
    subjects: list[Subject]
    layers: list[str]
    input: int
    frames: list[Frame | None]
    head: Head
    names: list[str] | None
    single: bool
    several: bool

    def label(self, target: ResolvedTarget, index: int | None) -> str:
        """What an image's target is called."""
        if target.label or index is None:
            return target.label
        return class_label(index, self.head, self.names)


def ask(
    net: Any, images: Any, layer: Any, target: Any, method: Any, output: str | int | None
) -> Question:
    """Check and find what `class_activation_map` was asked; it names parameters and errors."""
    vision, chosen = as_vision_model(net), as_method(method)
    tensors, signature = prepared_inputs(vision, images)
    traced = trace(vision.model, signature)
    place = output_place(vision.model, traced.returned, output)
    head = _checked(find_head(traced, place), vision.name)
    inputs = [np.asarray(tensor) for tensor in tensors]
    several = isinstance(target, list | tuple)
    wanted = list(target) if several else [target]
    if not wanted:
        raise ValueError(
            "the list of targets is empty; give at least one, or None for the likeliest"
        )
    shape = _logits_shape(head, traced, tensors, wanted)
    looked = _input_chosen(vision.model, traced, chosen)
    subjects = [
        Subject(vision, inputs, place, "", found, _repeated(found, len(inputs[0])), traced, looked)
        for found in (resolve(one, head, vision.labels, shape) for one in wanted)
    ]
    layers = _layers(vision.model, traced, layer, chosen) or [
        traced.known(("usual layer", place), lambda: usual_layer(traced, head, vision.name))
    ]
    inputs_seen = {subjects[0].at(path).image_place for path in layers}
    if len(inputs_seen) > 1:
        raise ValueError(f"the layers {layers} lie over different inputs; choose some over one")
    return Question(
        chosen,
        subjects,
        layers,
        inputs_seen.pop(),
        input_frames(vision, images) if chosen.of_pixels else frames_of(vision, images, traced),
        head,
        class_names(head, vision.labels),
        _is_single(images, inputs),
        several,
    )


def _checked(head: Head, name: str) -> Head:
    if head.logits.shape.rank is None or head.logits.shape.rank < 2:
        raise ValueError(
            f"an output of {name} has no scores for each image: its shape is "
            f"{head.returned.shape}; choose another with output="
        )
    if head.logits.shape[-1] is None:
        raise ValueError(f"{name} does not say how many classes it tells apart")
    return head


def _input_chosen(model: keras.Model, traced: Trace, method: Method) -> int | None:
    if not isinstance(method, PixelMethod) or method.input is None:
        return None
    return named_place(model, traced, method.input)


def _layers(model: keras.Model, traced: Trace, layer: Any, method: Method) -> list[str]:
    """Paths of the layers asked for; none where the usual one is to be found."""
    if not method.takes_layer:
        if layer is not None:
            raise ValueError(f"the method {method.name!r} asks no layer; leave layer= out")
        return [""]
    given = [] if layer is None else layer if isinstance(layer, list | tuple) else [layer]
    if layer is not None and not given:
        raise ValueError("the list of layers is empty; give at least one, or None for the usual")
    rows = layer_rows(model, traced)
    return [_with_places(find_layer(rows, one), traced) for one in given]


def _with_places(row: LayerInfo, traced: Trace) -> str:
    output = traced.outputs.get(row.path)
    if row.type == "InputLayer":
        raise ValueError(
            f"the layer {row.path!r} is the input itself; choose one behind it, or a method of "
            "pixels such as saliency"
        )
    if output is None or output.maps is None:
        raise ValueError(
            f"the layer {row.path!r} returns no single tensor that can be read from outside; ask "
            "for a layer before, after or inside it"
        )
    if output.maps.shape.rank < 3:
        raise ValueError(
            f"the layer {row.path!r} has no places: it returns {row.output_shape}; choose one "
            "before it, with axes of space"
        )
    return row.path


def _logits_shape(
    head: Head, traced: Trace, tensors: Sequence[tf.Tensor], targets: Sequence[Any]
) -> list[int | None]:
    """Shape of the logits of an image, found by asking where it is not fixed and counts."""
    shape = head.logits.shape[1:].as_list()
    if None not in shape or all(one is None or callable(one) for one in targets):
        return shape
    (logits,) = traced.derived(("shape", head.logits.name), lambda: ([tf.shape(head.logits)], []))(
        *tensors
    )
    return [int(size) for size in np.asarray(logits)[1:]]


def _repeated(target: ResolvedTarget, images: int) -> np.ndarray | None:
    return None if target.weights is None else np.stack([target.weights] * images)


def _is_single(images: Any, inputs: Sequence[np.ndarray]) -> bool:
    """Whether `images` came without a batch axis."""
    if isinstance(images, list | tuple) and len(inputs) == 1:
        return False
    axes = sum(np.ndim(leaf) for leaf in keras.tree.flatten(images))
    return axes < sum(x.ndim for x in inputs)
