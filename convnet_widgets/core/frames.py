"""What of each photograph reaches the first kernel of a network."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from .activations import traced_inputs
from .framing import Frame, Rectangle
from .layers import kernels
from .networks import VisionModel
from .preparation import image_frames, image_input, input_shapes
from .tracing import Trace

Size = tuple[int, int]
Known = tuple[int | None, ...]

_CROPPING = (keras.layers.Cropping2D, keras.layers.CenterCrop, keras.layers.Resizing)


def input_frames(vision: VisionModel, images: Any) -> list[Frame | None]:
    """Find what of each image reaches the input of the network.

    Parameters
    ----------
    vision, images
        As for `frames_of`.

    Returns
    -------
    list of Frame or None
        One for each image: what is left of it after the `fit` of `vision`. None where the network
        takes no 2-D images or several inputs.
    """
    wanted = image_input(vision.model)
    if wanted is None or isinstance(images, dict) or len(input_shapes(vision.model)) > 1:
        return [None] * _count(vision, images)
    return list(image_frames(images, wanted, vision.fit))


def frames_of(vision: VisionModel, images: Any, traced: Trace | None = None) -> list[Frame | None]:
    """Find what of each image the network looks at.

    Parameters
    ----------
    vision : VisionModel
    images : array_like or PIL.Image.Image, or sequence of them
        As for `VisionModel.prepare`.
    traced : Trace, optional
        That of the network for these images, where it is at hand.

    Returns
    -------
    list of Frame or None
        One for each image: what is left of it after the `fit` of `vision`, and after the layers
        CenterCrop, Cropping2D and Resizing that the network calls before its first kernel.
        None where the network takes no 2-D images or several inputs.

    Raises
    ------
    TypeError, ValueError
        If the images do not fit the network.
    """
    frames = input_frames(vision, images)
    known = [frame for frame in frames if frame is not None]
    wanted = image_input(vision.model)
    if wanted is None or not known:
        return frames
    traced = traced_inputs(vision, images)[1] if traced is None else traced
    calls = _cropping_calls(vision.model, traced)
    sizes = ((wanted.height or f.photograph[0], wanted.width or f.photograph[1]) for f in known)
    return [_followed(frame, size, calls) for frame, size in zip(known, sizes, strict=True)]


def window_of(model: keras.Model, traced: Trace, size: Size) -> Frame | None:
    """Find what a network looks at of its own input.

    Parameters
    ----------
    model : keras.Model
    traced : Trace
        That of the network.
    size : tuple of int
        Height and width of the input.

    Returns
    -------
    Frame or None
        What is left of the input after the layers that `frames_of` names; None for all of it.
    """
    whole = Frame(size, (0.0, 0.0, float(size[0]), float(size[1])))
    window = _followed(whole, size, _cropping_calls(model, traced))
    return None if window == whole else window


def _count(vision: VisionModel, images: Any) -> int:
    return len(keras.tree.flatten(vision.prepare(images))[0])


def _first_calls(model: keras.Model, traced: Trace) -> Iterator[tuple[keras.Layer, Known]]:
    """Layers called before the first kernel, with height and width of what they return."""
    layers = {id(layer): layer for layer in model._flatten_layers()}
    for output in traced.outputs.values():
        layer = layers[output.layer]
        if kernels(layer):
            return
        if output.maps is not None and output.maps.shape.rank == 4:
            yield layer, tuple(output.maps.shape[1:3])


def _cropping_calls(model: keras.Model, traced: Trace) -> list[tuple[keras.Layer, Known]]:
    """The first calls of a network that may crop; none of one that does not."""

    def may_crop() -> bool:
        return any(isinstance(layer, _CROPPING) for layer, _ in _first_calls(model, traced))

    return list(_first_calls(model, traced)) if traced.known("crops", may_crop) else []


def _followed(frame: Frame, size: Size, calls: Sequence[tuple[keras.Layer, Known]]) -> Frame:
    """The part of `frame` that is left after the layers of `calls`, where `size` goes in."""
    for layer, known in calls:
        window = _window(layer, size)
        if window is not None:
            frame = frame.within(window, size)
        size = _size_after(layer, size, known)
    return frame


def _size_after(layer: keras.Layer, size: Size, known: Known) -> Size:
    if known[0] is not None and known[1] is not None:
        return known[0], known[1]
    if isinstance(layer, keras.layers.Cropping2D):
        height, width = _margins_cut(layer, size)[2:]
        return int(height), int(width)
    # what else leaves the size open to the trace acts on each pixel
    return getattr(layer, "height", size[0]), getattr(layer, "width", size[1])


def _window(layer: keras.Layer, size: Size) -> Rectangle | None:
    """Top, left, height and width of what `layer` keeps of `size`; None if it keeps all."""
    if isinstance(layer, keras.layers.Cropping2D):
        return _margins_cut(layer, size)
    if isinstance(layer, keras.layers.CenterCrop):
        wanted = (layer.height, layer.width)
        is_larger = size[0] >= wanted[0] and size[1] >= wanted[1]
        return _centred(size, wanted if is_larger else _of_ratio(size, wanted, min))
    if isinstance(layer, keras.layers.Resizing) and layer.crop_to_aspect_ratio:
        return _centred(size, _of_ratio(size, (layer.height, layer.width), min))
    if isinstance(layer, keras.layers.Resizing) and layer.pad_to_aspect_ratio:
        top, left = _centred(size, _of_ratio(size, (layer.height, layer.width), max))[:2]
        # Keras puts the same number of pixels on both sides, one less than needed if that is odd
        return top, left, size[0] - 2 * top, size[1] - 2 * left
    return None


def _margins_cut(layer: keras.layers.Cropping2D, size: Size) -> Rectangle:
    (top, bottom), (left, right) = layer.cropping
    return top, left, size[0] - top - bottom, size[1] - left - right


def _of_ratio(size: Size, wanted: Size, choose: Callable[[int, int], int]) -> Size:
    """In whole pixels, as Keras rounds them, what of `size`, or around it, has that ratio."""
    height, width = size[1] * wanted[0] // wanted[1], size[0] * wanted[1] // wanted[0]
    return choose(size[0], height), choose(size[1], width)


def _centred(size: Size, part: Size) -> Rectangle:
    top, left = (int((whole - kept) / 2) for whole, kept in zip(size, part, strict=True))
    return top, left, *part
