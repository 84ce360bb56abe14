"""Images, a network and the score that is explained: what methods of attribution ask."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
from jaxtyping import Float, Float32, Integer

from ..activations import as_array
from ..frames import window_of
from ..framing import Frame, resampled
from ..heads import Head, find_head
from ..networks import VisionModel
from ..preparation import is_channels_first
from ..running import run
from ..signatures import flat_inputs, signature_of
from ..targets import ResolvedTarget
from ..tracing import Exchange, Trace, trace
from .answers import Answers
from .batch_size import batch_size
from .image_inputs import image_place
from .score_graph import BEST, WEIGHTED, ScoreGraph, guided_gradients

Rows = Integer[np.ndarray, " inputs"]
_PLANE = 2  # axes of space of a photograph


@dataclass(frozen=True, eq=False)
class Subject:
    """What is explained: some images, a network, a score, and a layer.

    Attributes
    ----------
    vision : VisionModel
        The network, which is not changed.
    inputs : list of ndarray
        What the network takes, flat, preprocessed; the first axis is that of the images.
    place : int
        Of the output.
    layer : str
        Path of the layer; empty for methods that need none.
    target : ResolvedTarget
        What is explained.
    weights : ndarray of float32 or None
        The score of each image is the sum over its logits times these, (images, ...); None for
        a target that is a function, and until it is `told` for the class that is found likeliest.
    traced : Trace
        The network's graph for these inputs.
    chosen : int or None
        Which of the inputs the map lies over, where that was chosen.
    """

    vision: VisionModel
    inputs: list[np.ndarray]
    place: int
    layer: str
    target: ResolvedTarget
    weights: np.ndarray | None
    traced: Trace
    chosen: int | None = None
    _exchanged: Exchange | None = None

    @property
    def images(self) -> int:
        """How many there are."""
        return len(self.inputs[0])

    @property
    def image_place(self) -> int:
        """Which input the map lies over: the first image that the layer or the score needs."""
        if self.chosen is not None:
            return self.chosen
        traced = self.traced
        end = traced.outputs[self.layer].reached if self.layer else traced.results[self.place]
        return traced.known(("image", end.name), lambda: image_place(traced, end))

    @property
    def image(self) -> Float32[np.ndarray, "images ..."]:
        """The images as the network takes them, preprocessed, but channels last."""
        image = self.inputs[self.image_place].astype(np.float32, copy=False)
        return np.moveaxis(image, 1, -1) if self._is_channels_first else image

    def plain(self, level: float) -> Float32[np.ndarray, "images ..."]:
        """What the network takes for images of one pixel value, 0–255, in the shape of `image`."""
        inputs = [np.zeros_like(x) for x in self.inputs]
        inputs[self.image_place] = np.full(self.image.shape, level, np.float32)
        given = inputs[0] if len(inputs) == 1 else self.traced.signature.pack(inputs)
        prepared = flat_inputs(self.vision.model, self.vision.prepare(given))
        return replace(self, inputs=[np.asarray(x) for x in prepared]).image

    @property
    def head(self) -> Head:
        """The output that is explained."""
        return find_head(self.traced, self.place)

    def at(self, layer: str) -> "Subject":
        """The same at another layer."""
        return replace(self, layer=layer)

    def of(self, rows: slice) -> "Subject":
        """The same for some of the images."""
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, inputs=[x[rows] for x in self.inputs], weights=weights)

    def exchanging(self, exchanged: Exchange) -> "Subject":
        """The same with other variables in the network."""
        return replace(self, _exchanged=exchanged)

    def answers(self) -> Answers:
        """What the network says of the images."""
        return self._answers_of(self.image, np.arange(self.images))

    def told(self, answers: Answers) -> "Subject":
        """The same for the class that the network was found to say."""
        return replace(self, weights=None if self.target.function else answers.weights)

    def maps(self) -> tuple[np.ndarray, Answers]:
        """What the layer returns for the images, channels last, and what the network says."""
        function = self._graph(self.inputs).maps(self.layer, self._exchanged)
        maps, *told = self._run(function, self.inputs, self.weights)
        return maps, Answers(*told)

    def maps_and_gradients(self) -> tuple[np.ndarray, np.ndarray, Answers]:
        """What the layer returns, the gradients of the score by it, and what the network says.

        Raises
        ------
        GradientError
            If no gradient leads there.
        """
        function = self._graph(self.inputs).layer_gradients(self.layer, self._exchanged)
        maps, gradients, *told = self._run(function, self.inputs, self.weights)
        return maps, gradients, Answers(*told)

    def input_gradients(
        self, images: Float[np.ndarray, "inputs ..."], rows: Rows, guided: bool = False
    ) -> Float32[np.ndarray, "inputs ..."]:
        """Gradients of the score by images as the network takes them.

        Parameters
        ----------
        images : ndarray of float32, shape of `image` but for the first axis
            Preprocessed.
        rows : ndarray of int
            Whose target, and whose other inputs, each of them has.
        guided : bool
            Whether ReLUs let pass only what is positive.
        """
        inputs = self._exchange_images(images, rows)
        graph = self._graph(inputs, guided)
        function = graph.input_gradients(self.image_place, self._exchanged)
        gradients = self._run(function, inputs, self._weights_of(rows))[0]
        return np.moveaxis(gradients, 1, -1) if self._is_channels_first else gradients

    def scores(
        self, images: Float[np.ndarray, "inputs ..."], rows: Rows
    ) -> Float32[np.ndarray, " inputs"]:
        """Scores of images as the network takes them; `rows` as of `input_gradients`."""
        return self._answers_of(images, rows).scores

    def probabilities(
        self, images: Float[np.ndarray, "inputs ..."], rows: Rows
    ) -> Float32[np.ndarray, " inputs"]:
        """What the network returns for the target: its probability after a softmax or sigmoid.

        Without one it is the score itself, and so it is for a target that is a function.
        """
        answers = self._answers_of(images, rows)
        return self.likelihood(answers)

    def scores_of_maps(
        self, maps: Float[np.ndarray, "inputs *space channels"], rows: Rows
    ) -> Float32[np.ndarray, " inputs"]:
        """Scores with other maps in place of what the layer returns; no more is computed."""
        inputs = [x[rows] for x in self.inputs]
        graph = self._graph(inputs)
        output = graph.traced.outputs[self.layer]
        tensor = tf.cast(maps, output.reached.dtype)
        if output.channels_first:
            tensor = tf.transpose(tensor, [0, maps.ndim - 1, *range(1, maps.ndim - 1)])
        function = graph.scores_above(self.layer, self._exchanged)
        return self._run(function, inputs, self._weights_of(rows), tensor)[0]

    def on_input(self, maps: Float[np.ndarray, "n ..."]) -> Float32[np.ndarray, "n ..."]:
        """Maps of layers at the size of the input: 0 where the network does not look."""
        window = self._window
        if window is None:
            return resampled(maps, (len(maps), *self.image.shape[1:-1]))
        return np.nan_to_num(np.stack([window.place(one) for one in maps]))

    @property
    def seen_size(self) -> tuple[int, ...]:
        """Of the part of the input that the network looks at, in its pixels."""
        window = self._window
        if window is None:
            return self.image.shape[1:-1]
        return tuple(max(1, round(side)) for side in window.seen[2:])

    @property
    def _window(self) -> Frame | None:
        size = self.image.shape[1:-1]
        if len(self.inputs) > 1 or len(size) != _PLANE:
            return None
        return window_of(self.vision.model, self.traced, size)

    def batch_size(self) -> int:
        """How many images may go through the network at once."""
        return batch_size(self.traced, self.inputs)

    def _answers_of(self, images: np.ndarray, rows: Rows) -> Answers:
        inputs = self._exchange_images(images, rows)
        function = self._graph(inputs).answers(self._exchanged)
        return Answers(*self._run(function, inputs, self._weights_of(rows)))

    def likelihood(self, answers: Answers) -> Float32[np.ndarray, " inputs"]:
        """The same of what the network has already said."""
        if self.target.function is not None:
            return answers.scores
        head = self.head
        returned = head.shares(answers.returned)
        if head.is_binary:
            likely = returned[:, 0]
            return np.where(answers.weights[:, 0] < 0, 1 - likely, likely)
        axes = tuple(range(1, returned.ndim))
        # other classes may be infinite
        counted = np.where(answers.weights == 0, 0, returned)
        return (answers.weights * counted).sum(axis=axes, dtype=np.float32)

    @property
    def _is_channels_first(self) -> bool:
        has_places = self.inputs[self.image_place].ndim > 2
        return has_places and is_channels_first(self.vision.model)

    def _exchange_images(self, images: np.ndarray, rows: Rows) -> list[np.ndarray]:
        inputs = [x[rows] for x in self.inputs]
        there = inputs[self.image_place].dtype
        laid_out = np.moveaxis(images, -1, 1) if self._is_channels_first else images
        inputs[self.image_place] = laid_out.astype(there, copy=False)
        return inputs

    def _weights_of(self, rows: Rows) -> np.ndarray | None:
        return None if self.weights is None else self.weights[rows]

    def _graph(self, inputs: Sequence[np.ndarray], guided: bool = False) -> ScoreGraph:
        function = self.target.function
        kind = BEST if self.weights is None else WEIGHTED
        return ScoreGraph(self._trace(inputs, guided), self.place, function or kind)

    def _trace(self, inputs: Sequence[np.ndarray], guided: bool) -> Trace:
        signature = signature_of(self.vision.model, self.traced.signature.pack(inputs))
        function = self.target.function
        if signature.key == self.traced.signature.key and function is None and not guided:
            return self.traced
        variant = (function, guided) if function or guided else None
        during = guided_gradients if guided else nullcontext
        return trace(self.vision.model, signature, variant, during)

    def _run(
        self,
        function: Callable,
        inputs: Sequence[np.ndarray],
        weights: np.ndarray | None,
        *feeds: tf.Tensor,
    ) -> list[np.ndarray]:
        given = [tf.convert_to_tensor(x) for x in inputs]
        if weights is not None:
            given.append(tf.convert_to_tensor(weights))
        return [as_array(output) for output in run(function, [*given, *feeds])]
