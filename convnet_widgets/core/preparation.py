"""From images of any size and kind to the array that a network takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from PIL import Image

from .framing import Frame, frame_of
from .images import load_image
from .resizing import resize

_IMAGE_RANK = 4
# Rec. 601, as Pillow's conversion to grey.
_LUMA = np.array([0.299, 0.587, 0.114], "float32")

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class ImageInput:
    """Height, width and channels that a network takes; None where any will do."""

    height: int | None
    width: int | None
    channels: int | None


def input_shapes(model: keras.Model) -> list[Shape]:
    """Shape of each input of `model`, the batch first; none for a model never built."""
    try:
        return [tuple(tensor.shape) for tensor in model.inputs]
    except (AttributeError, ValueError):
        return []


def is_channels_first(model: keras.Model) -> bool:
    """Whether the first layer of `model` that knows a data format puts channels first."""
    formats = (getattr(layer, "data_format", None) for layer in flattened(model))
    return next((found for found in formats if found), None) == "channels_first"


def image_input(model: keras.Model) -> ImageInput | None:
    """Find the first input of `model` that takes 2-D images; None if there is none.

    A model never built takes images of any size and any number of channels.
    """
    shapes = input_shapes(model) or [(None,) * _unbuilt_rank(model)]
    shape = next((shape for shape in shapes if len(shape) == _IMAGE_RANK), None)
    if shape is None:
        return None
    if is_channels_first(model):
        _, channels, height, width = shape
    else:
        _, height, width, channels = shape
    return ImageInput(height, width, channels)


def image_batch(images: Any, wanted: ImageInput, fit: str = "stretch") -> np.ndarray:
    """Stack images as a network takes them, before preprocessing.

    Parameters
    ----------
    images : array_like or PIL.Image.Image, or sequence of them
        One image (height, width) or (height, width, channels), a batch of
        them, or a list of images that may differ in size. The values of
        arrays are kept, only their type changes; Pillow images are read as
        `load_image` reads them.
    wanted : ImageInput
        Where a height or width is fixed, images are resized (bicubic, with
        antialiasing, kept within the range of the image's own values). RGB
        becomes grey by Rec. 601 and grey becomes RGB where the network takes
        the other.
    fit : {"stretch", "crop", "pad"}
        How an image of another aspect ratio is brought to that size, as in
        `frame_of`; padded with black, 0.

    Returns
    -------
    ndarray of float32, shape (batch, height, width, channels)

    Raises
    ------
    TypeError
        If an image is not an array of numbers.
    ValueError
        If an image is empty, has values that are not finite, has another
        number of channels than wanted, or if images of several sizes meet a
        network that takes any size.
    """
    fitted = [_fitted(image, wanted, fit) for image in _split(images)]
    sizes = sorted({image.shape[:2] for image in fitted})
    if not fitted:
        raise ValueError("expected at least one image, got an empty batch; give an image")
    if len(sizes) > 1:
        raise ValueError(
            f"the images have the sizes {sizes} and the network takes any, so that they do not "
            "make one batch; resize them to one size, or give them one by one"
        )
    return np.stack(fitted)


def image_frames(images: Any, wanted: ImageInput, fit: str = "stretch") -> list[Frame]:
    """What of each image goes into the batch that `image_batch` makes of them."""
    size = (wanted.height, wanted.width)
    return [frame_of(image.shape[:2], size, fit) for image in _split(images)]


def as_inputs(values: Any, model: keras.Model) -> Any:
    """Arrays for a network of several inputs, or of one that is no image, unchanged in size.

    Parameters
    ----------
    values : array_like, or list, tuple or dict of array_like
        One array for each input; an array with one axis fewer than its input
        is a batch of one. Pillow images are read as `load_image` reads them.
    model : keras.Model

    Returns
    -------
    ndarray, or list or dict of ndarray
        With a batch axis, floating numbers as float32.

    Raises
    ------
    ValueError
        If an array does not fit its input, or there is not one for each.
    """
    shapes = input_shapes(model)
    if isinstance(values, dict):
        named = dict(zip(_input_names(model), shapes, strict=False))
        _check_names(values, named)
        return {key: _as_input(value, named.get(key), key) for key, value in values.items()}
    if len(shapes) < 2:
        return _as_input(values, shapes[0] if shapes else (None,) * _unbuilt_rank(model), "input")
    if not isinstance(values, list | tuple) or len(values) != len(shapes):
        given = len(values) if isinstance(values, list | tuple) else "one"
        raise ValueError(
            f"the network has {len(shapes)} inputs {_input_names(model)}, got {given}; "
            "give a list with an array for each, or a dict by these names"
        )
    return [
        _as_input(value, shape, name)
        for value, shape, name in zip(values, shapes, _input_names(model), strict=True)
    ]


def numbers(values: Any, what: str) -> np.ndarray:
    """Values as an array of numbers; `what` names them in the error for others."""
    if isinstance(values, Image.Image):
        return load_image(values)
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise TypeError(f"expected {what} as an array of numbers, got {type(values)}") from error
    if array.dtype.kind not in "buif" and array.dtype.name != "bfloat16":
        raise TypeError(
            f"expected {what} as an array of numbers, got {type(values).__name__} of dtype "
            f"{array.dtype}; load_image reads samples and files"
        )
    return array


def flattened(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """All layers of a model, those of models inside it behind these."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from flattened(layer)


def _split(images: Any) -> list[np.ndarray]:
    if isinstance(images, list | tuple):
        return [numbers(image, "an image") for image in images]
    array = numbers(images, "an image")
    return list(array) if array.ndim == _IMAGE_RANK else [array]


def _fitted(image: np.ndarray, wanted: ImageInput, fit: str) -> np.ndarray:
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3:
        raise ValueError(
            "expected an image of shape (height, width) or (height, width, channels), or a batch "
            f"(batch, height, width, channels), got an array of shape {image.shape}"
        )
    if image.size == 0:
        raise ValueError(f"the image is empty: its shape is {image.shape}; give one with pixels")
    if image.dtype != np.uint8:  # photographs are reduced as bytes, a quarter of the floats
        image = image.astype("float32")
        if not np.isfinite(image).all():
            raise ValueError(
                "the image has NaN or infinite values; replace them, say by nan_to_num"
            )
    return resize(_match_channels(image, wanted.channels), (wanted.height, wanted.width), fit)


def _match_channels(image: np.ndarray, channels: int | None) -> np.ndarray:
    match image.shape[2], channels:
        case given, wanted if wanted is None or given == wanted:
            return image
        case 1, 3:
            return np.repeat(image, 3, axis=2)
        case 3, 1:
            return (image @ _LUMA)[..., None]
        case 4, 3:
            raise ValueError(
                "the network takes images of 3 channels, got 4 in an image of shape "
                f"{image.shape}; if the fourth is transparency, load_image lays it on white"
            )
        case given, wanted:
            raise ValueError(
                f"the network takes images of {wanted} channels, got {given} in an image of shape "
                f"{image.shape}; channels come last"
            )


def _as_input(value: Any, shape: Shape | None, name: str) -> np.ndarray:
    array = numbers(value, f"the input {name!r}")
    if array.dtype.kind == "f":
        array = array.astype("float32")
    if shape is None:
        return array
    if array.ndim == len(shape) - 1:
        array = array[None]
    fits = len(shape) == array.ndim and all(
        wanted in (None, given) for wanted, given in zip(shape[1:], array.shape[1:], strict=True)
    )
    if not fits:
        raise ValueError(
            f"the input {name!r} takes arrays of shape {shape}, the batch first and None any "
            f"number, got {np.shape(value)}; give it in that shape"
        )
    return array


def _check_names(values: dict[str, Any], named: dict[str, Shape]) -> None:
    if named and set(values) != set(named):
        raise ValueError(f"the network has the inputs {sorted(named)}, got {sorted(values)}")


def _input_names(model: keras.Model) -> list[str]:
    inputs = getattr(model, "inputs", None) or ()  # a subclassed model declares none
    return list(getattr(model, "input_names", None) or [tensor.name for tensor in inputs])


def _unbuilt_rank(model: keras.Model) -> int:
    specs = (getattr(layer, "input_spec", None) for layer in flattened(model))
    ranks = (getattr(spec, "min_ndim", None) or getattr(spec, "ndim", None) for spec in specs)
    return next((rank for rank in ranks if rank is not None and rank > 2), _IMAGE_RANK)
