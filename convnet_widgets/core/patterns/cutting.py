"""A network cut off behind the layers that gradient ascent looks at.

The network runs in the caller's graph until the last of these layers has returned; what lies
behind is neither built nor computed, so that any size is allowed that these layers take, also
where the network ends in dense layers of a fixed size.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any

import keras
import tensorflow as tf

from ..layer_table import LayerInfo
from ..layers import declared_trace, find_layer, layer_rows
from ..networks import VisionModel, as_vision_model
from ..preparation import is_channels_first
from ..recording import as_place, record_calls, shadowed
from ..signatures import Signature, declared_signature
from .objectives import OUTPUT
from .pixel_graph import in_graph
from .precision import Precision, computing_in
from .redirection import redirected_gradients
from .slicing import Taken


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
    """

    vision: VisionModel
    layers: tuple[str, ...]
    filters: tuple[int, ...] | None
    pre_activation: bool
    preprocessed: bool
    precision: Precision
    _signature: Signature = field(repr=False)
    _preprocess: Callable[[tf.Tensor], tf.Tensor] = field(repr=False)

    def __call__(self, images: tf.Tensor, redirected: bool = False) -> dict[str, tf.Tensor]:
        """Compute what the layers return for images.

        Parameters
        ----------
        images : tensor of float32, shape (images, height, width, channels)
            Of the graph that is being made. Channels last, whatever the network's own format.
        redirected : bool
            Whether ReLUs that would block all of an image's gradient let pass what leads back to
            where they are active; see `redirected_gradients`. Only ``tf.gradients`` of what shall
            grow heeds that, a tape does not.

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
            no single tensor, or if weights are not finite.
        """
        if tf.executing_eagerly():
            raise RuntimeError("a cut network is a part of a graph: call it in a tf.function")
        redirecting = redirected_gradients() if redirected else nullcontext()
        with keras.StatelessScope(collect_losses=True), redirecting:
            return self._run(self._prepared(images))

    def _prepared(self, images: tf.Tensor) -> tf.Tensor:
        inputs = self._preprocess(images) if self.preprocessed else images
        rank = inputs.shape.rank
        if is_channels_first(self.vision.model) and rank > 2:
            return tf.transpose(inputs, [0, rank - 1, *range(1, rank - 1)])
        return inputs

    def _run(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        model, places = self.vision.model, {path: as_place(path) for path in self.layers}
        taken = Taken(set(places.values()), self.filters, self.pre_activation)

        def forward() -> None:
            with _taking_any_size(model), computing_in(model, self.precision):
                model(self._signature.pack([inputs]), training=False)

        record_calls(model, forward, intercept=taken.intercept, until=taken.is_complete)
        return {path: taken.maps(place) for path, place in places.items()}


def cut(
    net: keras.Model | VisionModel,
    layers: Any,
    *,
    filters: Sequence[int] | None = None,
    pre_activation: bool = False,
    preprocessed: bool = True,
    precision: Precision = "float32",
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
        If the network is not built, takes several inputs or none of floating numbers, or if
        `filters` are given for several layers.
    """
    vision = as_vision_model(net)
    signature = _single_input(vision.model)
    several = isinstance(layers, Iterable) and not isinstance(layers, str | bytes)
    rows = [_find(vision.model, layer) for layer in (layers if several else [layers])]
    return CutNetwork(
        vision,
        tuple(dict.fromkeys(row.path if row else OUTPUT for row in rows)),
        None if filters is None else _checked_filters(filters, rows),
        pre_activation,
        preprocessed,
        precision,
        signature,
        in_graph(vision.preprocess if preprocessed else None, _channels(vision.model, signature)),
    )


def _single_input(model: keras.Model) -> Signature:
    signature = declared_signature(model)
    if signature is None or not model.built:
        raise ValueError(
            f"the network {model.name!r} was never called, so that it has no weights; call it "
            "once on an image"
        )
    if len(signature.specs) != 1:
        raise ValueError(
            f"gradient ascent varies one image, and the network {model.name!r} takes "
            f"{len(signature.specs)} inputs; give a network of one input, such as a model inside it"
        )
    if not signature.specs[0].dtype.is_floating:
        raise ValueError(
            f"the network {model.name!r} takes {signature.specs[0].dtype.name}, and no gradient "
            "goes to whole numbers; give the part of it that takes floating numbers"
        )
    return signature


def _channels(model: keras.Model, signature: Signature) -> int:
    shape = signature.specs[0].shape
    return shape[1 if is_channels_first(model) else -1] or 3


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


@contextmanager
def _taking_any_size(model: keras.Model) -> Iterator[None]:
    """Let the models inside a network take other sizes than they declare, in this thread."""
    thread = get_ident()

    def lenient(check: Callable) -> Callable:
        return lambda *args: None if get_ident() == thread else check(*args)

    with ExitStack() as stack:
        for part in model._flatten_layers():
            if isinstance(part, keras.Model):
                name = "_assert_input_compatibility"
                stack.enter_context(shadowed(part, name, lenient(getattr(part, name))))
        yield
