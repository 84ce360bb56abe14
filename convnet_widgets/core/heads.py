"""What a network returns, and the logits behind its softmax or sigmoid."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import tensorflow as tf
from jaxtyping import Float

from .tracing import Trace

_ACTIVATIONS: dict[str, Literal["softmax", "sigmoid"]] = {
    "Softmax": "softmax",
    "LogSoftmax": "softmax",
    "Sigmoid": "sigmoid",
}
_TRANSPARENT = ("Identity", "Cast", "Reshape", "Squeeze", "ExpandDims")


@dataclass(frozen=True, eq=False)
class Head:
    """One output of a network.

    Attributes
    ----------
    returned : tf.Tensor
        What the network returns, (batch, ...).
    logits : tf.Tensor
        The tensor that its last softmax or sigmoid takes; the same as `returned` without one.
    activation : {"softmax", "sigmoid"} or None
        What lies between the two.
    is_logarithm : bool
        Whether what is returned is the logarithm of that, as of a log-softmax.
    """

    returned: tf.Tensor
    logits: tf.Tensor
    activation: Literal["softmax", "sigmoid"] | None
    is_logarithm: bool = False

    @property
    def is_binary(self) -> bool:
        """Whether a single sigmoid tells two classes apart."""
        return self.activation == "sigmoid" and self.logits.shape[1:] == (1,)

    @property
    def is_dense(self) -> bool:
        """Whether there are scores for each place of a map."""
        return self.logits.shape.rank is not None and self.logits.shape.rank > 2

    @property
    def classes(self) -> int | None:
        """How many classes it tells apart; None where that is not fixed."""
        return 2 if self.is_binary else self.logits.shape[-1]

    def shares(self, returned: Float[np.ndarray, "inputs ..."]) -> Float[np.ndarray, "inputs ..."]:
        """The probabilities in what the network returns; without an activation, what it returns."""
        return np.exp(returned) if self.is_logarithm else returned


def find_head(traced: Trace, place: int) -> Head:
    """The output of a trace at a place, seen through to its logits.

    The graph is walked backwards from what is returned, so that a softmax is found as the
    activation of a layer, as a layer of its own, inside a nested model and behind the casts of
    mixed precision alike. One that is computed by other operations, or behind which more follows,
    is not.
    """
    returned = traced.results[place]
    tensor = returned
    while tensor.op.type in _TRANSPARENT:
        tensor = tensor.op.inputs[0]
    activation = _ACTIVATIONS.get(tensor.op.type)
    if activation is None or tensor.shape.rank is None:
        return Head(returned, returned, None)
    logits = tensor.op.inputs[0]
    alike = logits.shape[1:].as_list() == returned.shape[1:].as_list()
    if not alike:
        return Head(returned, returned, None)
    return Head(returned, logits, activation, tensor.op.type == "LogSoftmax")
