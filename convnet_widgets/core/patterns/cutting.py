"""A network cut off behind the layers that gradient ascent looks at.

The network runs in the caller's graph until the last of these layers has returned; what lies
behind is neither built nor computed, so that any size is allowed that these layers take, also
where the network ends in dense layers of a fixed size.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from ..layer_table import LayerInfo
from ..layers import declared_trace, find_layer, layer_rows
from ..networks import VisionModel, as_vision_model
from ..recording import Call, as_place, record_calls
from ..running import run
from .finiteness import refuse_bad_weights
from .input_tensors import InputTensor, single_input
from .objectives import OUTPUT
from .pixel_graph import in_graph
from .precision import Precision, checked_precision, computing_in
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


def cut(
    net: keras.Model | VisionModel,
    layers: Any,
    *,
    filters: Sequence[int] | None = None,
    pre_activation: bool = False,
    preprocessed: bool = True,
    precision: str = "float32",
    wrapped: bool = False,
) -> CutNetwork:
    """Cut a network off behind layers.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network, built, with one input.
    layers : str, int, or sequence of them
        Paths, unique names, or indices as in ``model.layers``; `objectives.OUTPUT` for what the
        network itself returns.
    filters : sequence of int, optional
        Of a single layer, the channels to return, in this order. Where the layer is a plain
        convolution or a dense layer, no others are computed.
    pre_activation : bool
        Outputs before the layer's own activation. Of a layer that has none, what it returns.
    preprocessed : bool
        Images are RGB 0–255, and the network's preprocessing becomes a part of the graph;
        otherwise they are what the network takes.
    precision : {"float32", "bfloat16"}
        Of the computation; `fastest_precision` tells which is faster here.
    wrapped : bool
        Let convolutions see what is at the other end of a map where they else see zeros, as
        `wrapping` does.

    Returns
    -------
    CutNetwork

    Raises
    ------
    LayerNotFoundError
        If a layer is not there, with near names.
    IndexError
        If a filter is not there, with the range.
    ValueError
        If the network is not built, takes several inputs or none of floating numbers, if
        `filters` are given for several layers, or if there is no such precision.
    ChannelsFirstError
        If the network keeps its channels first, and TensorFlow cannot run that here.
    """
    vision = as_vision_model(net)
    image = single_input(vision.model)
    several = isinstance(layers, Iterable) and not isinstance(layers, str | bytes)
    rows = [_find(vision.model, layer) for layer in (layers if several else [layers])]
    paths = tuple(dict.fromkeys(row.path if row else OUTPUT for row in rows))
    _refuse_what_cannot_run(vision.model, paths, image)
    return CutNetwork(
        vision,
        paths,
        None if filters is None else _checked_filters(filters, rows),
        pre_activation,
        preprocessed,
        checked_precision(precision),
        wrapped,
        image,
        in_graph(vision.preprocess if preprocessed else None, image.channels),
    )


def _refuse_what_cannot_run(model: keras.Model, paths: Sequence[str], image: InputTensor) -> None:
    """Run a channels-first network once, since TensorFlow has its layers on few processors."""
    traced = declared_trace(model)
    if image.channels_first and traced is not None:
        run(traced.function([path for path in paths if path != OUTPUT] or None), [image.zeros()])


def _find(model: keras.Model, layer: Any) -> LayerInfo | None:
    if layer == OUTPUT:
        return None
    return find_layer(layer_rows(model, declared_trace(model)), layer)


def _checked_filters(filters: Sequence[int], rows: Sequence[LayerInfo | None]) -> tuple[int, ...]:
    chosen = tuple(operator.index(filter) for filter in filters)
    if len(rows) != 1 or not chosen:
        raise ValueError(
            f"filters are channels of one layer, at least one; got {len(chosen)} filters for "
            f"{len(rows)} layers"
        )
    channels = rows[0].channels if rows[0] else None
    for filter in chosen:
        if filter < 0 or (channels is not None and filter >= channels):
            raise IndexError(
                f"there is no filter {filter}: those of the layer "
                f"{rows[0].path if rows[0] else OUTPUT!r} run from 0 to {(channels or 1) - 1}"
            )
    return chosen
