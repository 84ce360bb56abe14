"""Weights from Keras's ``.h5`` files in little memory.

Keras reads an array whole, makes a tensor of it and of that the variable's new value: of VGG16's
largest kernel, 411 MB, it holds four copies at once. Here a variable is filled piece by piece.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf

_PIECE_VALUES = 2**20
_ALIGNMENT = 64  # bytes
_load_as_keras = keras.Model.load_weights


def load_weights(model: keras.Model, path: str | PathLike[str]) -> None:
    """Load weights as ``model.load_weights`` does, those of ``.h5`` files piece by piece.

    Parameters
    ----------
    model : keras.Model
        Built; its weights are set.
    path : str or path
        Of any format that Keras reads.

    Raises
    ------
    Exception
        Keras's own, where the file is not of this model.
    """
    if not _is_filled_in_pieces(model, Path(path)):
        _load_as_keras(model, path)


@contextmanager
def loading_in_pieces() -> Iterator[None]:
    """Let Keras's constructors load their weights by :func:`load_weights` within the context."""

    def load(model: keras.Model, filepath: Any, *options: Any, **keywords: Any) -> None:
        if options or keywords:
            _load_as_keras(model, filepath, *options, **keywords)
        else:
            load_weights(model, filepath)

    keras.Model.load_weights = load
    try:
        yield
    finally:
        keras.Model.load_weights = _load_as_keras


def fill_in_pieces(variable: Any, piece: Callable[[slice], np.ndarray]) -> None:
    """Set a variable without holding its values twice.

    Parameters
    ----------
    variable : keras.Variable
        With at least one axis.
    piece : callable
        From rows of the variable, in their order, to their values.

    Notes
    -----
    The old value is given up first, and NumPy's memory becomes the variable's. Sparse and sliced
    updates would fill it in place too, but make TensorFlow copy the variable at every use.
    """
    count = variable.shape[0]
    if np.prod(variable.shape) <= _PIECE_VALUES or variable.dtype != "float32":
        variable.assign(piece(slice(0, count)))
        return
    _set(variable, tf.zeros((0,)))
    values = _aligned(tuple(variable.shape))
    rows = max(1, _PIECE_VALUES * count // values.size)
    for start in range(0, count, rows):
        place = slice(start, min(start + rows, count))
        values[place] = piece(place)
    _set(variable, tf.experimental.dlpack.from_dlpack(values.__dlpack__()))


def _set(variable: Any, value: tf.Tensor) -> None:
    """Set the value to a tensor of any shape, not copied."""
    handle = variable.value.handle
    tf.raw_ops.AssignVariableOp(resource=handle, value=value, validate_shape=False)


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Uninitialised float32, aligned as TensorFlow needs it to take the memory over."""
    size = 4 * int(np.prod(shape))
    room = np.empty(size + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + size].view(np.float32).reshape(shape)


def _is_filled_in_pieces(model: keras.Model, path: Path) -> bool:
    """Fill `model` from a file of Keras 2's layout; False, and nothing done, if it is no such."""
    if path.name.endswith(".weights.h5") or not h5py.is_hdf5(path):
        return False
    layers = [layer for layer in model.layers if layer.weights]
    variables = [layer.trainable_weights + layer.non_trainable_weights for layer in layers]
    with h5py.File(path, "r") as file:
        arrays = _arrays(file)
        if _shapes(arrays) != _shapes(variables):
            return False
        for pair in zip(chain(*variables), chain(*arrays), strict=True):
            _fill(*pair)
    for layer in layers:
        if hasattr(layer, "finalize_state"):  # a normalisation keeps what it makes of its weights
            layer.finalize_state()
    return True


def _fill(variable: Any, array: h5py.Dataset) -> None:
    if array.ndim:
        fill_in_pieces(variable, lambda rows: array[rows])
    else:
        variable.assign(array[()])


def _arrays(file: h5py.File) -> list[list[h5py.Dataset]]:
    """The arrays of each layer that has some, and those outside of all layers."""
    whole = "model_weights" in file and "layer_names" not in file.attrs
    group = file["model_weights"] if whole else file
    names = [*_names(group, "layer_names"), "top_level_model_weights"]
    layers = [group[name] for name in names if name in group]
    arrays = [[layer[name] for name in _names(layer, "weight_names")] for layer in layers]
    return [those for those in arrays if those]


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """The names in an attribute, which HDF5 limits in length: in numbered parts, if need be."""
    parts = [attribute] if attribute in group.attrs else _numbered(group, attribute)
    names = [name for part in parts for name in group.attrs[part]]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _numbered(group: h5py.Group, attribute: str) -> list[str]:
    count = sum(name.removeprefix(attribute).isdigit() for name in group.attrs)
    return [f"{attribute}{number}" for number in range(count)]


def _shapes(layers: list[list[Any]]) -> list[list[tuple[int, ...]]]:
    return [[tuple(array.shape) for array in arrays] for arrays in layers]
