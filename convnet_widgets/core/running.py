"""Running a compiled network, with TensorFlow's limits on this processor put in a sentence."""

import threading
from collections.abc import Callable, Sequence

import tensorflow as tf

# where TensorFlow uses oneDNN, compiled networks that run beside each other mix up their memory
_running = threading.Lock()
_LAYOUT = ("NHWC", "NCHW", "NCDHW", "NDHWC", "channels_first", "depth must be divisible")


class ChannelsFirstError(RuntimeError):
    """TensorFlow cannot run a channels-first layer on this processor."""


def run(function: Callable, inputs: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Outputs of a compiled network as a flat list; threads take turns.

    Raises
    ------
    ChannelsFirstError
        If a layer in channels-first format has no kernel on this processor.
    """
    try:
        with _running:
            return list(tf.nest.flatten(function(*inputs)))
    except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError) as error:
        if any(word in str(error) for word in _LAYOUT):
            raise ChannelsFirstError(
                "this network keeps its channels first, and TensorFlow cannot run its layer on "
                "this processor; build it with data_format='channels_last'. TensorFlow said: "
                + error.message.splitlines()[0]
            ) from error
        raise
