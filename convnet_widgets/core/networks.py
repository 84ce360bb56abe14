"""A Keras model with what a person must know to look inside: pixels, labels, provenance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from . import families
from .preparation import as_inputs, image_batch, image_input, input_shapes, is_channels_first


@dataclass(frozen=True, eq=False)
class VisionModel:
    """A network with its preprocessing, its class names and where its weights came from.

    Parameters
    ----------
    model : keras.Model
        Any Keras model. It is never changed.
    preprocess : callable, optional
        From RGB pixels 0–255, float32 (batch, height, width, channels), to the
        values the network was trained on, channels last. Left out, it is that
        of the ``keras.applications`` family whose name the model bears, else
        pixels go in as they are. With several inputs it is called with all of
        them.
    labels : sequence of str, optional
        A name for each class. Left out, ImageNet's for a model of 1000 classes
        that bears the name of such a family, else None.
    weights : str
        Where the weights came from: ``"imagenet"``, ``"hed-bsds500"``,
        ``"random (seed 0)"``, the name of a file.
    requested : str, optional
        The weights that were asked for, in the same words.

    Raises
    ------
    TypeError
        If `model` is no Keras model, `preprocess` is not callable, or `labels`
        are not names.
    ValueError
        If the number of labels is not that of the classes.
    """

    model: Any
    preprocess: Callable[..., Any] | None = None
    labels: Sequence[str] | None = None
    weights: str = "as given"
    requested: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.model, keras.Model):
            raise TypeError(f"expected a keras.Model, got {_described(self.model)}")
        if self.preprocess is None:
            object.__setattr__(self, "preprocess", families.find_preprocessing(self.model))
        elif not callable(self.preprocess):
            raise TypeError(f"expected a callable preprocess, got {_described(self.preprocess)}")
        if self.labels is None:
            object.__setattr__(self, "labels", families.find_labels(self.model))
        else:
            object.__setattr__(self, "labels", _checked_labels(self.labels, self.model))

    @property
    def name(self) -> str:
        """Name of the constructor for ``keras.applications``, else the model's own."""
        return families.constructor_name(self.model.name) or self.model.name

    @property
    def is_substitute(self) -> bool:
        """Whether the weights are others than those asked for."""
        return self.requested is not None and self.requested != self.weights

    @property
    def caption(self) -> str:
        """Name and provenance in a line: "VGG16 · weights: hed-bsds500 (not imagenet)"."""
        note = f" (not {self.requested})" if self.is_substitute else ""
        return f"{self.name} · weights: {self.weights}{note}"

    @property
    def input_size(self) -> tuple[int | None, int | None]:
        """Height and width of the first image input in pixels, None where any will do."""
        size = image_input(self.model)
        return (None, None) if size is None else (size.height, size.width)

    def prepare(self, images: Any) -> Any:
        """Make of images what the network takes.

        Parameters
        ----------
        images : array_like, or list, tuple or dict of array_like
            One image (height, width, channels) or (height, width), a batch, or
            a list of images that may differ in size; RGB, 0–255. For a network
            that does not take images, or several inputs, an array for each
            input.

        Returns
        -------
        ndarray of float32, shape (batch, height, width, channels)
            Images are resized to the network's size where that is fixed, made
            grey or RGB where the network takes the other, and preprocessed;
            (batch, channels, height, width) for a channels-first network. What
            is not an image is checked and passed on, not resized: an array, or
            a list or dict of them.

        Raises
        ------
        TypeError, ValueError
            If the images do not fit, with what was expected.
        """
        wanted = image_input(self.model)
        if wanted is None or isinstance(images, dict) or len(input_shapes(self.model)) > 1:
            return self._preprocessed(as_inputs(images, self.model))
        batch = self._preprocessed(image_batch(images, wanted))
        return np.moveaxis(batch, 3, 1) if is_channels_first(self.model) else batch

    def _preprocessed(self, inputs: Any) -> Any:
        return inputs if self.preprocess is None else self.preprocess(inputs)


def as_vision_model(net: Any) -> VisionModel:
    """Wrap a Keras model; a `VisionModel` passes unchanged.

    Parameters
    ----------
    net : keras.Model or VisionModel

    Returns
    -------
    VisionModel

    Raises
    ------
    TypeError
        If `net` is neither.
    """
    if isinstance(net, VisionModel):
        return net
    if isinstance(net, keras.Model):
        return VisionModel(net)
    raise TypeError(
        f"expected a keras.Model or a VisionModel, got {_described(net)}; "
        "load_model takes names and files"
    )


def _checked_labels(labels: Any, model: keras.Model) -> tuple[str, ...]:
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise TypeError("expected labels as a sequence of names, one for each class")
    shape = getattr(model, "output_shape", None)
    if isinstance(shape, tuple) and len(shape) == 2 and shape[1] not in (None, len(labels)):
        raise ValueError(f"got {len(labels)} labels for a network of {shape[1]} classes")
    return tuple(labels)


def _described(thing: Any) -> str:
    return f"{type(thing).__name__} {thing!r:.60}"
