"""Weights that are no numbers, found before they spoil a picture."""

import keras
import tensorflow as tf

from .recording import Call


def refuse_bad_weights(call: Call) -> None:
    """Refuse a pass through layers of which a weight is NaN or infinite.

    Raises
    ------
    ValueError
        With the path of the first such layer.
    """
    with tf.init_scope():
        _refuse(call)


def _refuse(call: Call) -> None:
    for weight in (*call.layer._trainable_variables, *call.layer._non_trainable_variables):
        if not is_finite(weight):
            raise ValueError(
                f"the weight {weight.name!r} of the layer {call.place!r} has NaN or infinite "
                "values, of which no pattern can be made; load or train the network anew"
            )
    for child in call.children:
        _refuse(child)


def is_finite(weight: keras.Variable) -> bool:
    """Whether all values of a weight are numbers."""
    values = tf.convert_to_tensor(weight.value)
    return not values.dtype.is_floating or bool(tf.reduce_all(tf.math.is_finite(values)))
