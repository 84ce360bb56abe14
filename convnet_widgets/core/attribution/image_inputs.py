"""Which of a network's inputs a map lies over."""

from numbers import Integral

import keras
import tensorflow as tf

from ..signatures import input_names
from ..tracing import Trace


def image_place(traced: Trace, tensor: tf.Tensor) -> int:
    """Place of the first input with axes of space that a tensor depends on.

    Where there is none, that of the first with axes of space, or else of the first.
    """
    images = [place for place, given in enumerate(traced.inputs) if given.shape.rank > 2]
    needed = traced.ancestors(tensor)
    found = (place for place in images if traced.inputs[place].op.name in needed)
    return next(found, images[0] if images else 0)


def named_place(model: keras.Model, traced: Trace, given: int | str) -> int:
    """Place of the input that goes by a name or a place.

    Raises
    ------
    LookupError
        If it is not there, with those that are.
    """
    names, count = input_names(model), len(traced.inputs)
    if given in names:
        return names.index(str(given))
    if isinstance(given, Integral) and not isinstance(given, bool) and 0 <= given < count:
        return int(given)
    there = ", ".join(map(repr, names)) or f"the places 0 to {count - 1}"
    raise LookupError(f"{model.name} has no input {given!r:.60}: there are {there}")
