"""A Keras model with what a person must know to look inside: pixels, labels, provenance."""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any

import keras
import numpy as np

from . import families
from . import weights as sources
from .framing import check_fit
from .model_files import is_file_name, read_model
from .pixel_range import contrast_of_units, takes_bytes, warn_of_range, warn_of_units
from .preparation import (
    as_inputs,
    image_batch,
    image_input,
    input_shapes,
    is_channels_first,
)
from .pretrained.efficientnet_lite import efficientnet_lite0


@dataclass(frozen=True, eq=False, repr=False)
class VisionModel:
    """A network with its preprocessing, its class names and where its weights came from.

    Parameters
    ----------
    model : keras.Model
        Any Keras model. It is never changed.
    preprocess : callable, optional
        From RGB pixels 0–255, float32 (batch, height, width, channels), to the
        values the network was trained on, channels last. It keeps each pixel in
        its place, where a heatmap is laid: what crops belongs into `fit`. Left
        out, it is that of the ``keras.applications`` family whose name the
        model bears, else pixels go in as they are. With several inputs it is
        called with all of them.
    labels : sequence of str, optional
        A name for each class. Left out, ImageNet's for a model of 1000 classes
        that bears the name of such a family, else None.
    weights : str
        Where the weights came from: ``"imagenet"``, ``"hed-bsds500"``,
        ``"random (seed 0)"``, the name of a file.
    requested : str, optional
        The weights that were asked for, in the same words.
    fit : {"stretch", "crop", "pad"}
        How an image of another aspect ratio is brought to the network's size:
        stretched; cropped to the largest centred part of that ratio; or padded
        with black on two sides. That of the training is best.

    Raises
    ------
    TypeError
        If `model` is no Keras model, `preprocess` is not callable, or `labels`
        are not names.
    ValueError
        If the number of labels is not that of the classes, or there is no such
        `fit`.
    RuntimeError
        If Keras runs on another backend than TensorFlow.
    """

    model: Any
    preprocess: Any = None
    labels: Any = None
    weights: str = "as given"
    requested: str | None = None
    fit: Any = "stretch"
    # That of the network's family, which takes 0–255; what one's own takes is not known.
    _family_preprocess: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError(
                f"Keras runs on {keras.backend.backend()} here, and layers can be looked into on "
                "TensorFlow alone; set KERAS_BACKEND=tensorflow before keras is imported"
            )
        if not isinstance(self.model, keras.Model):
            raise TypeError(f"expected a keras.Model, got {_described(self.model)}")
        check_fit(self.fit)
        if self.preprocess is None:
            found = self._family_preprocess or families.find_preprocessing(self.model)
            object.__setattr__(self, "_family_preprocess", found)
            object.__setattr__(self, "preprocess", found)
        elif not callable(self.preprocess):
            raise TypeError(f"expected a callable preprocess, got {_described(self.preprocess)}")
        if self.labels is None:
            object.__setattr__(self, "labels", families.find_labels(self.model))
        else:
            object.__setattr__(self, "labels", _checked_labels(self.labels, self.model))

    def __repr__(self) -> str:
        size = " × ".join("?" if side is None else str(side) for side in self.input_size)
        labels = f"{len(self.labels)} labels" if self.labels else "no labels"
        fit = "" if self.fit == "stretch" else f" by {self.fit}"
        return f"VisionModel({self.caption} · input {size}{fit} · {labels})"

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
        """Name and provenance in a line: "VGG16 · weights: random (seed 0), not imagenet"."""
        note = f", not {self.requested}" if self.is_substitute else ""
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
        images : array_like or PIL.Image.Image, or list, tuple or dict of them
            One image (height, width, channels) or (height, width), a batch, or
            a list of images that may differ in size; RGB, 0–255. Pillow images
            are read as `load_image` reads them. For a network that does not
            take images, or several inputs, an array for each input.

        Returns
        -------
        ndarray of float32, shape (batch, height, width, channels)
            Images are resized to the network's size where that is fixed, as `fit`
            says, made grey or RGB where the network takes the other, and preprocessed;
            (batch, channels, height, width) for a channels-first network. What
            is not an image is checked and passed on, not resized: an array, or
            a list or dict of them.

        Raises
        ------
        TypeError, ValueError
            If the images do not fit, with what was expected.

        Warns
        -----
        ImageRangeWarning
            If the preprocessing is that of a ``keras.applications`` family and
            an array does not hold 0–255: one in 0–1, of 16 bits, above 255. Of
            other networks, if all arrays are floats in 0–1, and `preprocess` or
            the layers before the first with weights divide pixels by 50 or more.
        """
        wanted = image_input(self.model)
        if wanted is None or isinstance(images, dict) or len(input_shapes(self.model)) > 1:
            return self._preprocessed(as_inputs(images, self.model))
        pixels = image_batch(images, wanted, self.fit)
        batch = self._prepared_pixels(images, pixels)
        return np.moveaxis(batch, 3, 1) if is_channels_first(self.model) else batch

    def _prepared_pixels(self, images: Any, pixels: np.ndarray) -> Any:
        if self.preprocess is not None and self.preprocess is self._family_preprocess:
            warn_of_range(images, self.name)
            return self._preprocessed(pixels)
        contrast = contrast_of_units(images, pixels)  # before the pixels may be written into
        batch = self._preprocessed(pixels)
        if contrast is not None and takes_bytes(self.model, contrast, batch):
            warn_of_units(images, self.name)
        return batch

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


def load_model(
    name: Any,
    /,
    weights: Any = "auto",
    *,
    seed: int = 0,
    preprocess: Any = None,
    labels: Any = None,
    fit: Any = "stretch",
    **constructor: Any,
) -> VisionModel:
    """Load a network by name or from a file.

    Parameters
    ----------
    name : str or path
        ``"EfficientNetLite0"``, the name of any constructor of
        ``keras.applications``, or a file that ``model.save`` wrote.
    weights : str or path
        "auto": the ImageNet weights of Keras's download or cache, else an
        embedded stand-in, else random ones, with a warning unless they are
        ImageNet's; without a network this takes a few seconds. "imagenet":
        those or an error. "hed": the edge detector's convolutions for VGG16.
        "random". Or a file of weights (``.weights.h5``, ``.h5``, ``.keras``;
        ``.pth`` for EfficientNetLite0).
    seed : int
        Of random weights.
    preprocess : callable, optional
        As in `VisionModel`; left out, that of the network's family.
    labels : sequence of str, optional
        As in `VisionModel`; left out, ImageNet's for a network of 1000 classes.
    fit : {"stretch", "crop", "pad"}
        As in `VisionModel`.
    **constructor
        For the constructor: ``include_top``, ``input_shape``, ``classes`` ...

    Returns
    -------
    VisionModel
        Its `weights` say where they came from.

    Raises
    ------
    ValueError
        If there is no such network (near names are given), weights do not fit
        it, or a file is no model.
    FileNotFoundError
        If there is no such file.
    WeightsUnavailableError
        If the weights asked for cannot be had; an `OSError`.
    UnsafeWeightsError
        If a ``.pth`` file asks for code to be run; a `ValueError`. It is not run.
    """
    if not isinstance(name, str | PathLike) or not isinstance(weights, str | PathLike):
        wrong = weights if isinstance(name, str | PathLike) else name
        raise TypeError(f"expected a name or a path, got {_described(wrong)}")
    if is_file_name(str(name)):
        return _load_file(Path(name), weights, constructor, preprocess, labels, fit)
    source = sources.Source(str(name), _find_constructor(str(name)), constructor, seed)
    model, provenance = sources.build(source, weights)
    return VisionModel(
        model,
        preprocess,
        families.imagenet_labels(model) if labels is None else labels,
        provenance,
        sources.IMAGENET if weights in ("auto", sources.IMAGENET) else None,
        fit,
        _family_preprocess=families.preprocessing(source.name, model),
    )


def _load_file(
    path: Path, weights: Any, constructor: dict[str, Any], preprocess: Any, labels: Any, fit: Any
) -> VisionModel:
    if constructor or weights != "auto":
        given = ", ".join(["weights"] * (weights != "auto") + list(constructor))
        raise TypeError(f"{path.name} is a whole model; leave out {given}")
    return VisionModel(read_model(path), preprocess, labels, path.name, fit=fit)


def _find_constructor(name: str) -> Callable[..., Any]:
    known = {families.LITE: efficientnet_lite0, **families.constructors()}
    if name not in known:
        lower = {other.lower(): other for other in known}
        near = [lower[other] for other in get_close_matches(name.lower(), lower)] or list(known)
        raise ValueError(f"there is no network or model file {name!r}; near: {', '.join(near)}")
    return known[name]


def _checked_labels(labels: Any, model: keras.Model) -> tuple[str, ...]:
    try:
        names = [None] if isinstance(labels, str) else list(labels)
    except TypeError:  # a number, or an array without axes
        names = [None]
    if not all(isinstance(name, str) for name in names):
        raise TypeError(
            f"expected labels as a sequence of names, one for each class, got {_described(labels)}"
        )
    shape = getattr(model, "output_shape", None)
    classes = shape[1] if isinstance(shape, tuple) and len(shape) == 2 else None
    # a single sigmoid tells two classes apart
    if classes is not None and len(names) not in (classes, 2 if classes == 1 else classes):
        raise ValueError(f"got {len(names)} labels for a network of {classes} classes")
    return tuple(str(name) for name in names)


def _described(thing: Any) -> str:
    return f"{type(thing).__name__} {thing!r:.60}"
