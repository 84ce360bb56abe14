"""What a network says of some images."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of some images.

    Attributes
    ----------
    scores : ndarray of float32, shape (inputs,)
        What is explained.
    logits, weights, returned : ndarray of float32, shape (inputs, ...)
        The score is the sum of the first two's product; `returned` is behind softmax or sigmoid.
    """

    scores: np.ndarray
    logits: np.ndarray
    weights: np.ndarray
    returned: np.ndarray
