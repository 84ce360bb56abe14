"""What gradient ascent gives after each step, and how it says that it went astray."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32


@dataclass(frozen=True, eq=False)
class Step:
    """What gradient ascent has reached.

    Attributes
    ----------
    number : int
        How often the images were changed; 0 is the start.
    images : ndarray of float32, shape (images, height, width, channels)
        As they are, without bounds where the recipe sets none; the margin is cut off.
    objective : ndarray of float32, shape (images,)
        Scores of these images, without penalties; transformed as the recipe says, those of the
        last step as they are.
    values : ndarray of float32, shape (images, ...)
        What is varied.
    """

    number: int
    images: Float32[np.ndarray, "images height width channels"]
    objective: Float32[np.ndarray, " images"]
    values: Float32[np.ndarray, "images ..."] = field(repr=False)


class DivergedError(ArithmeticError):
    """Gradient ascent has left the finite numbers.

    Attributes
    ----------
    step : int
        The number of the step with a value that is not finite.
    last : Step or None
        The step before it; None if it was the start.
    """

    def __init__(self, step: int, images: Sequence[int], last: Step | None) -> None:
        self.step, self.last = step, last
        advice = (
            "the pictures of the step before are kept in .last; take smaller steps, a clip of the "
            "gradient, or fewer steps"
            if last
            else "the start itself has none: look for NaN in the weights or the preprocessing"
        )
        super().__init__(
            f"the images {list(images)} or their scores are not finite at step {step}; {advice}"
        )
