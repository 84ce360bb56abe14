"""How many images may go through a network at once."""

from collections.abc import Sequence
from math import prod

import numpy as np
import tensorflow as tf

from ..running import run
from ..tracing import Trace

_MOST_IMAGES = 64
_BATCH_BYTES = 2**30  # of all float32 feature maps that a batch makes, few of which live at once


def batch_size(traced: Trace, inputs: Sequence[np.ndarray]) -> int:
    """How many images such as `inputs`, flat, may go through a network at once."""
    shapes = tuple(x.shape[1:] for x in inputs)
    values = traced.known(("values", shapes), lambda: _values_of_an_image(traced, inputs))
    return int(np.clip(_BATCH_BYTES // (4 * max(values, 1)), 1, _MOST_IMAGES))


def _values_of_an_image(traced: Trace, inputs: Sequence[np.ndarray]) -> int:
    """How many all layers return for the first; a network that takes any size is asked."""
    maps = [output.maps for output in traced.outputs.values() if output.maps is not None]
    unknown = [x for x in maps if not x.shape[1:].is_fully_defined()]
    known = sum(prod(x.shape[1:]) for x in maps if x.shape[1:].is_fully_defined())
    if not unknown:
        return known
    sizes = traced.derived("sizes", lambda: ([tf.size(x) for x in unknown], []))
    first = [tf.convert_to_tensor(x[:1]) for x in inputs]
    return known + sum(int(size) for size in run(sizes, first))
