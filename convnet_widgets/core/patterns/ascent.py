"""Gradient ascent, a step at a time, so that anyone can draw, stop or record it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from jaxtyping import Float32

from ..running import run
from .ascent_graph import AscentGraph
from .regularisers import clip_gradient
from .steps import DivergedError, Step


@dataclass(frozen=True, eq=False)
class Move:
    """A step, and the images after it.

    Attributes
    ----------
    step : Step
        Images and their scores.
    ahead : ndarray of float32, shape (images, height, width, channels)
        The images after the change, whose scores are not known yet; those of the step if there is
        no change or it leads to no finite image.
    """

    step: Step
    ahead: Float32[np.ndarray, "images height width channels"]


class Ascent(AscentGraph):
    """Makes pictures that score higher and higher, each independent of the others.

    Between two steps nothing runs: who stops asking stops the ascent.
    """

    def steps(self) -> Iterator[Step]:
        """Run the ascent: the start, and one for each step of the recipe.

        Raises
        ------
        ValueError
            At the first step, if the objective does not give a score an image or does not depend
            on the images.
        DivergedError
            If a score or an image is not finite.
        """
        return (move.step for move in self.moves())

    def moves(self) -> Iterator[Move]:
        """Run the ascent, with a look ahead; else as `steps`."""
        recipe, last = self.recipe, None
        values = tf.constant(self.start())
        slots = recipe.optimiser.slots(values)
        for number in range(recipe.steps):
            images, scores, gradient = self._averaged(values, number)
            last = self._checked(number, images, scores, values, last)
            change, slots = recipe.optimiser.change(gradient, slots, tf.constant(number))
            values = values + change
            ahead = self.images(values).numpy()
            yield Move(last, ahead if np.isfinite(ahead).all() else last.images)
        images, scores = self._score(values)
        last = self._checked(recipe.steps, images, scores, values, last)
        yield Move(last, last.images)

    def _averaged(self, values: tf.Tensor, number: int) -> list[tf.Tensor]:
        """Images, scores and clipped gradient, the latter two averaged over a step's draws."""
        recipe = self.recipe
        gradient_of = self._gradient(number < recipe.redirected_steps)
        members = tf.constant(self._members, tf.int32)
        # TensorFlow's generators take 32 bits
        seed = tf.constant(self.seed % 2**31)
        progress = tf.constant(number / max(recipe.steps - 1, 1), tf.float32)
        made = [
            run(gradient_of, [values, members, seed, tf.constant(draw), progress])
            for draw in range(number * recipe.draws, (number + 1) * recipe.draws)
        ]
        images, scores, gradients = zip(*made, strict=True)
        gradient = tf.add_n(gradients) / len(made)
        if recipe.clip is not None:
            gradient = clip_gradient(gradient, recipe.clip)
        return [images[0], tf.add_n(scores) / len(made), gradient]

    def _checked(
        self, number: int, images: Any, scores: Any, values: Any, last: Step | None
    ) -> Step:
        arrays = images.numpy(), scores.numpy(), values.numpy()
        step = Step(number, *arrays, self.recipe.display)
        finite = np.isfinite(step.objective) & np.isfinite(step.images).all(axis=(1, 2, 3))
        if not finite.all():
            raise DivergedError(number, np.flatnonzero(~finite).tolist(), last)
        return step
