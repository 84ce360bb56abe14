"""The score of a target as a part of a network's graph, and its gradients."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from ..heads import Head, find_head
from ..layer_outputs import as_float, channels_last
from ..tracing import Exchange, Trace

BEST, WEIGHTED = "best", "weighted"
_GUIDED = "ConvnetWidgetsGuided"
_SIZES = ("Shape", "Size", "Rank", "ZerosLike", "OnesLike")  # no number depends on theirs
_LOSS_SCALE = 1024.0  # keeps gradients of float16 above what that can tell from 0


class GradientError(ValueError):
    """No gradient leads from a score to a layer or to the input."""


class ScoreGraph:
    """Functions of one trace about the score of a target.

    Parameters
    ----------
    traced : Trace
        The network's graph.
    place : int
        Of the output.
    kind : str or callable
        `WEIGHTED`: the score is the sum over the logits times weights, (batch, ...), that the
        functions take after the inputs. `BEST`: that of the class with the largest logit. Or a
        function from the output to a score for each image.

    Attributes
    ----------
    head : Head
        The output with its logits.
    """

    def __init__(self, traced: Trace, place: int, kind: str | Callable) -> None:
        self.traced = traced
        self.head: Head = find_head(traced, place)
        self._place = place
        self._kind = kind
        self._key = (place, kind)

    def answers(self, exchanged: Exchange | None = None) -> Callable:
        """Function that returns score, logits, weights and what the network returns."""

        def build() -> tuple[list[tf.Tensor], list[tf.Tensor]]:
            score, weights, feeds = self._score()
            return self._told(score, weights), feeds

        return self.traced.derived(("answers", *self._key), build, exchanged)

    def layer_gradients(self, path: str, exchanged: Exchange | None = None) -> Callable:
        """Function that returns the maps of a layer, their gradients, then what `answers` does."""
        output = self.traced.outputs[path]

        def build() -> tuple[list[tf.Tensor], list[tf.Tensor]]:
            score, weights, feeds = self._score()
            raw = self._gradient(score, output.reached, f"the layer {path!r}")
            gradients = channels_last(raw, output.channels_first)
            return [output.maps, gradients, *self._told(score, weights)], feeds

        return self.traced.derived(("layer", path, *self._key), build, exchanged)

    def maps(self, path: str, exchanged: Exchange | None = None) -> Callable:
        """Function that returns the maps of a layer, then what `answers` does."""

        def build() -> tuple[list[tf.Tensor], list[tf.Tensor]]:
            score, weights, feeds = self._score()
            return [self.traced.outputs[path].maps, *self._told(score, weights)], feeds

        return self.traced.derived(("maps", path, *self._key), build, exchanged)

    def input_gradients(self, place: int, exchanged: Exchange | None = None) -> Callable:
        """Function that returns the gradient at one flat input, then what `answers` does."""

        def build() -> tuple[list[tf.Tensor], list[tf.Tensor]]:
            score, weights, feeds = self._score()
            given = self.traced.inputs[place]
            gradient = self._gradient(score, given, "the input")
            return [tf.identity(gradient), *self._told(score, weights)], feeds

        return self.traced.derived(("input", place, *self._key), build, exchanged)

    def scores_above(self, path: str, exchanged: Exchange | None = None) -> Callable:
        """Function of the inputs, weights and the tensor of a layer, that returns the score.

        Nothing below the layer is computed that the score does not need otherwise.
        """

        def build() -> tuple[list[tf.Tensor], list[tf.Tensor]]:
            score, _, feeds = self._score()
            return [score], [*feeds, self.traced.outputs[path].reached]

        return self.traced.derived(("above", path, *self._key), build, exchanged)

    def _told(self, score: tf.Tensor, weights: tf.Tensor) -> list[tf.Tensor]:
        return [score, tf.cast(self.head.logits, tf.float32), weights, as_float(self.head.returned)]

    def _score(self) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        logits = as_float(self.head.logits)
        if callable(self._kind):
            score = _called(self._kind, as_float(self.head.returned))
            return score, tf.zeros_like(logits), []
        feeds = []
        if self._kind == WEIGHTED:
            weights = tf.compat.v1.placeholder(tf.float32, [None, *logits.shape[1:]])
            feeds = [weights]
        else:
            weights = _best(self.head, logits)
        axes = range(1, logits.shape.rank)
        return tf.reduce_sum(tf.math.multiply_no_nan(logits, weights), axis=axes), weights, feeds

    def _gradient(self, score: tf.Tensor, tensor: tf.Tensor, name: str) -> tf.Tensor:
        scale = _LOSS_SCALE if tensor.dtype == tf.float16 else 1.0
        try:
            (found,) = tf.gradients(scale * score, [tensor])
        except LookupError:
            found = None  # a step that TensorFlow knows no gradient of
        if found is None:
            raise GradientError(self._reason(score, tensor, name))
        return tf.cast(tf.convert_to_tensor(found), tf.float32) / scale

    def _reason(self, score: tf.Tensor, tensor: tf.Tensor, name: str) -> str:
        if not tensor.dtype.is_floating:
            return (
                f"{name} holds {tensor.dtype.name}, and no gradient goes to whole numbers; take a "
                "layer behind it, or a method without gradients such as score_cam or occlusion"
            )
        # weights of a score are constant, whatever they were made of
        end = score if callable(self._kind) else self.head.logits
        between = _between(end.op, tensor.op)
        if not between:
            return f"the score does not depend on {name}; choose a layer that leads to the output"
        stops = [op for op in between if not _is_differentiable(op)]
        named = f"the step {stops[0].type} ({stops[0].name})" if stops else "a step"
        return (
            f"no gradient leads from the score to {name}: {named} between them cannot be "
            "differentiated; choose a layer behind it, or a method without gradients, such as "
            "score_cam, ablation_cam or occlusion"
        )


@contextmanager
def guided_gradients() -> Iterator[None]:
    """Guide the gradients of all ReLUs that are added to the current graph.

    A ReLU lets pass what is positive, where it is active: Springenberg et al., Striving for
    Simplicity, 2015, https://arxiv.org/abs/1412.6806.
    """
    graph = tf.compat.v1.get_default_graph()
    with graph.gradient_override_map({kind: _GUIDED + kind for kind in ("Relu", "Relu6")}):
        yield


@tf.RegisterGradient(f"{_GUIDED}Relu")
def _guided_relu(operation: Any, gradient: tf.Tensor) -> tf.Tensor:
    return tf.where(operation.inputs[0] > 0, tf.nn.relu(gradient), tf.zeros_like(gradient))


@tf.RegisterGradient(f"{_GUIDED}Relu6")
def _guided_relu6(operation: Any, gradient: tf.Tensor) -> tf.Tensor:
    x = operation.inputs[0]
    return tf.where((x > 0) & (x < 6), tf.nn.relu(gradient), tf.zeros_like(gradient))


def _best(head: Head, logits: tf.Tensor) -> tf.Tensor:
    """Weights of the class that each image has most of; of a sigmoid the side it is on."""
    if head.is_binary:
        return tf.where(logits >= 0, 1.0, -1.0)
    places = tf.cast(tf.reduce_prod(tf.shape(logits)[1:-1]), tf.float32)
    means = tf.reduce_mean(logits, axis=range(1, logits.shape.rank - 1), keepdims=True)
    best = tf.one_hot(tf.argmax(means, -1), tf.shape(logits)[-1])
    return tf.stop_gradient(best + tf.zeros_like(logits)) / places


def _called(function: Callable, output: tf.Tensor) -> tf.Tensor:
    try:
        score = tf.convert_to_tensor(function(output))
    except (NotImplementedError, TypeError, AttributeError) as error:
        raise TypeError(
            "a target that is a function takes the network's output as a tensor, computes with "
            f"keras.ops or TensorFlow, and gives a score for each image; it said: {error}"
        ) from error
    if score.shape.rank != 1:
        raise ValueError(
            "a target that is a function gives one score for each image, shape (images,); it gave "
            f"{tuple(score.shape)} for an output {tuple(output.shape)}"
        )
    return tf.cast(score, tf.float32)


def _between(end: Any, start: Any) -> list[Any]:
    """Operations that values take from `start` to `end`, the last ones first."""
    behind = _reached(start, _users)
    before = _reached(end, lambda op: [x.op for x in op.inputs if x.op in behind])
    return [op for op in before if op is not start] if start in before else []


def _users(op: Any) -> list[Any]:
    return [] if op.type in _SIZES else [user for x in op.outputs for user in x.consumers()]


def _reached(first: Any, following: Callable[[Any], list[Any]]) -> dict[Any, None]:
    """All operations that are reached from the first, in the order in which they are."""
    found = {first: None}
    waiting = [first]
    for op in waiting:
        new = dict.fromkeys(other for other in following(op) if other not in found)
        found |= new
        waiting.extend(new)
    return found


def _numbers(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    return [tensor for tensor in tensors if tensor.dtype.is_floating]


def _is_differentiable(op: Any) -> bool:
    if op.type in _SIZES:
        return True
    try:
        gradients = tf.gradients(list(op.outputs), _numbers(op.inputs))
    except LookupError:
        return False
    return any(gradient is not None for gradient in gradients)
