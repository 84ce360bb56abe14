"""What gradient ascent gives after each step, and how it says that it went astray."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, UInt8

from .displaying import displayable


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
    values : ndarray of float32, shape (images, ...), or None
        What is varied, where it is known.
    display : {"bounded", "standardised"}
        How the images are shown; see `displayable`.
    """

    number: int
    images: Float32[np.ndarray, "images height width channels"]
    objective: Float32[np.ndarray, " images"]
    values: Float32[np.ndarray, "images ..."] | None = field(default=None, repr=False)
    display: str = "bounded"

    @property
    def pictures(self) -> UInt8[np.ndarray, "images height width channels"]:
        """The images ready to be shown."""
        return displayable(self.images, self.display)

    def apart(self) -> "list[Step]":
        """A step of each image by itself, without what is varied."""
        pairs = zip(self.images, self.objective, strict=True)
        return [
            Step(self.number, image[None], np.array([score]), None, self.display)
            for image, score in pairs
        ]


def joined(steps: Sequence[Step]) -> Step:
    """One step of all images of some, which have the same number and display."""
    values = [step.values for step in steps if step.values is not None]
    return Step(
        steps[0].number,
        np.concatenate([step.images for step in steps]),
        np.concatenate([step.objective for step in steps]),
        np.concatenate(values) if len(values) == len(steps) else None,
        steps[0].display,
    )


class DivergedError(ArithmeticError):
    """Gradient ascent has left the finite numbers.

    Attributes
    ----------
    step : int
        The number of the step with a value that is not finite.
    images : list of int
        Which are not finite: places in the batch, or filters of the layer.
    last : Step or None
        The last good pictures of all images or filters; None if there are none.
    """

    def __init__(
        self, step: int, images: Sequence[int], last: Step | None, names: str = "images"
    ) -> None:
        self.step, self.images, self.last = step, list(images), last
        advice = (
            "the pictures of the step before are kept in .last; take smaller steps, a clip of the "
            "gradient, or fewer steps"
            if last
            else "the start itself has none: look for NaN in the weights or the preprocessing"
        )
        super().__init__(
            f"the {names} {self.images} or their scores are not finite at step {step}; {advice}"
        )
