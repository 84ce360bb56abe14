"""The part of a network that gradient ascent runs through.

It runs in the caller's graph until the last of some layers has returned; what lies behind is
neither built nor computed, so that any size is allowed that these layers take, also where the
network ends in dense layers of a fixed size.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from ..finiteness import refuse_bad_weights
from ..networks import VisionModel
from ..recording import Call, as_place, record_calls
from .input_tensors import InputTensor
from .precision import Precision, computing_in
from .redirection import redirected_gradients
from .sizes import misfit, refuse_empty, taking_any_size
from .slicing import Taken
from .wrapping import wrapping

_MISFITS = (ValueError, tf.errors.InvalidArgumentError)


@dataclass(frozen=True, eq=False)
class CutNetwork:
    """From images to the outputs of some layers, as a part of the caller's graph.

    Attributes
    ----------
    vision : VisionModel
        The network, which is not changed.
    layers : tuple of str
        Paths of the layers, in the order asked for.
    filters : tuple of int or None
        The channels that are returned, in this order; None for all.
    pre_activation : bool
        Whether outputs are those before the layer's own activation.
    preprocessed : bool
        Whether images are RGB 0–255, and the network's preprocessing a part of the graph.
    precision : {"float32", "bfloat16"}
        That of the computation.
    wrapped : bool
        Whether images are tori: convolutions see what is at the other end where they else see
        zeros.
    """

    vision: VisionModel
    layers: tuple[str, ...]
    filters: tuple[int, ...] | None
    pre_activation: bool
    preprocessed: bool
    precision: Precision
    wrapped: bool
    _input: InputTensor = field(repr=False)
    _preprocess: Callable[[tf.Tensor], tf.Tensor] = field(repr=False)
    _is_sound: list[bool] = field(default_factory=list, repr=False)

    def __call__(
        self, images: tf.Tensor, redirected: bool = False, filters: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """Compute what the layers return for images.

        Parameters
        ----------
        images : tensor of float32, shape (images, height, width, channels)
            Of the graph that is being made. Channels last, whatever the network's own format.
        redirected : bool
            Whether ReLUs that would block all of an image's gradient let pass what leads back to
            where they are active; see `redirected_gradients`. Only ``tf.gradients`` of what shall
            grow heeds that, a tape does not.
        filters : tensor of int32, shape (filters,), optional
            The channels to return, of the single layer, in place of those of the cut; not checked.

        Returns
        -------
        dict of str to tensor
            Outputs by path, float32, channels last.

        Raises
        ------
        RuntimeError
            If no graph is being made.
        ValueError
            If the images are too small or else do not fit, if a layer is never called or returns
            no single tensor, or if weights are not finite, which is found out once.
        """
        if tf.executing_eagerly():
            raise RuntimeError("a cut network is a part of a graph: call it in a tf.function")
        self._input.check(images)
        inputs = self._prepared(images)
        taken = self._taken(self.filters if filters is None else filters)
        with redirected_gradients() if redirected else nullcontext():
            root = self._run_or_explain(inputs, taken)
        if not self._is_sound:
            refuse_bad_weights(root)
            self._is_sound.append(True)
        return {path: taken.maps(as_place(path)) for path in self.layers}

    def _prepared(self, images: tf.Tensor) -> tf.Tensor:
        inputs = self._preprocess(images) if self.preprocessed else images
        rank = inputs.shape.rank
        if self._input.channels_first and rank > 2:
            return tf.transpose(inputs, [0, rank - 1, *range(1, rank - 1)])
        return inputs

    def _taken(self, filters: Any) -> Taken:
        places = {as_place(path) for path in self.layers}
        return Taken(places, filters, self.pre_activation)

    def _run(self, inputs: tf.Tensor, taken: Taken) -> Call:
        model = self.vision.model

        def forward() -> None:
            with taking_any_size(model), computing_in(model, self.precision):
                model(self._input.pack(inputs), training=False)

        intercept = wrapping(taken.intercept) if self.wrapped else taken.intercept
        with keras.StatelessScope(collect_losses=True):
            root = record_calls(model, forward, intercept=intercept, until=taken.is_complete)
        refuse_empty(root)
        return root

    def _run_or_explain(self, inputs: tf.Tensor, taken: Taken) -> Call:
        try:
            return self._run(inputs, taken)
        except _MISFITS as error:
            names = " and ".join(repr(path or self.vision.name) for path in self.layers)
            given = self._input.size(inputs.shape)
            raise misfit(error, names, given, self._input.declared_size, self._fits) from error

    def _fits(self, height: int, width: int) -> bool:
        """Whether the layers can be computed of images of a size, found by trying."""
        spec = tf.TensorSpec([1, height, width, self._input.channels])

        @tf.function(autograph=False)
        def attempt(images: tf.Tensor) -> None:
            self._run(self._prepared(images), self._taken(self.filters))

        try:
            with tf.init_scope():
                attempt.get_concrete_function(spec)
        except _MISFITS:
            return False
        return True
