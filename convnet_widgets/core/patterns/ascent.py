"""Gradient ascent, a step at a time, so that anyone can draw, stop or record it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from jaxtyping import Float32

from .boxes import Scheduled
from .objectives import Objective
from .recipes import Recipe
from .regularisers import clip_gradient
from .steps import DivergedError, Step
from .transforms import apply

Network = Callable[..., Mapping[str, tf.Tensor]]
"""From images, and whether gradients are redirected, to outputs by path: a `CutNetwork`."""


def ascend(
    network: Network,
    objective: Objective,
    recipe: Recipe,
    shape: Sequence[int],
    seed: int = 0,
    members: Sequence[int] | None = None,
) -> Iterator[Step]:
    """Make pictures that score higher and higher, each independent of the others.

    Parameters
    ----------
    network : callable
        ``network(images, redirected)`` in a graph, as `cut` makes it.
    objective : Objective
        What to maximise.
    recipe : Recipe
        How. Its size, and whether it reads before the activation or through the preprocessing,
        are for the caller to heed.
    shape : tuple of int
        Images, height, width and channels of the pictures.
    seed : int
        From 0. The same call gives the same pictures.
    members : sequence of int, optional
        A number for each image that decides, with `seed`, how it starts; 0, 1, 2 … by default.

    Returns
    -------
    iterator of Step
        The start, and one for each step of the recipe. Between two of them nothing runs: who
        stops asking stops the ascent.

    Raises
    ------
    ValueError
        If the shape, the seed or the members do not fit, or, at the first step, if the objective
        does not give a score an image or does not depend on the images.
    DivergedError
        If a score or an image is not finite.
    """
    return Ascent(network, objective, recipe, shape, seed, members).steps()


@dataclass(frozen=True, eq=False)
class Ascent:
    """What `ascend` runs; its parameters are those of `ascend`."""

    network: Network
    objective: Objective
    recipe: Recipe
    shape: Sequence[int]
    seed: int = 0
    members: Sequence[int] | None = None
    _functions: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.shape) != 4 or min(self.shape) < 1:
            raise ValueError(
                "expected a shape (images, height, width, channels) of numbers from 1, got "
                f"{tuple(self.shape)}"
            )
        if self.members is not None and len(self.members) != self.shape[0]:
            raise ValueError(
                f"expected a member for each of {self.shape[0]} images, got {len(self.members)}"
            )
        if self.seed < 0:
            raise ValueError(f"a seed is a whole number from 0; got {self.seed}")

    def steps(self) -> Iterator[Step]:
        """Run the ascent."""
        recipe, last = self.recipe, None
        values = tf.constant(self.start())
        slots = recipe.optimiser.slots(values)
        for number in range(recipe.steps):
            images, scores, gradient = self._averaged(values, number)
            last = _checked(number, images, scores, values, last)
            yield last
            change, slots = recipe.optimiser.change(gradient, slots, tf.constant(number))
            values = values + change
        images, scores = self._score(values)
        yield _checked(recipe.steps, images, scores, values, last)

    def start(self) -> Float32[np.ndarray, "images ..."]:
        """Draw the values to begin with, those of each image from its own generator."""
        members = range(self.shape[0]) if self.members is None else self.members
        one = (1, *self._canvas[1:])
        return np.concatenate(
            [
                self.recipe.parameterisation.start(one, np.random.default_rng([self.seed, member]))
                for member in members
            ]
        )

    def score(self, values: Any) -> Float32[np.ndarray, " images"]:
        """Score the images of values as they are, without transforms."""
        return self._score(tf.constant(values))[1].numpy()

    @property
    def memory(self) -> int:
        """Bytes of all that a step computes, which is more than is ever held at once."""
        graph = self._gradient(False).graph
        outputs = (tensor for op in graph.get_operations() for tensor in op.outputs)
        return sum(_bytes(tensor) for tensor in outputs)

    def _averaged(self, values: tf.Tensor, number: int) -> list[tf.Tensor]:
        """Images, scores and clipped gradient, the latter two averaged over a step's draws."""
        gradient_of = self._gradient(number < self.recipe.redirected_steps)
        step = tf.constant(number)
        made = [gradient_of(values, step, tf.constant(i)) for i in range(self.recipe.draws)]
        images, scores, gradients = zip(*made, strict=True)
        gradient = tf.add_n(gradients) / len(made)
        if self.recipe.clip is not None:
            gradient = clip_gradient(gradient, self.recipe.clip)
        return [images[0], tf.add_n(scores) / len(made), gradient]

    def _gradient(self, redirected: bool) -> Any:
        number = tf.TensorSpec([], tf.int32)

        def scored(values: tf.Tensor, step: tf.Tensor, draw: tf.Tensor) -> Any:
            return self._scored(values, step, draw, redirected)

        return self._compiled(f"redirected {redirected}", scored, (self._values, number, number))

    def _score(self, values: tf.Tensor) -> Any:
        def score(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images = self.recipe.parameterisation.image(values, self._canvas)
            return self._cropped(images), self._scores(images, False)

        return self._compiled("score", score, (self._values,))(values)

    def _compiled(self, name: str, function: Callable, specs: Sequence[tf.TensorSpec]) -> Any:
        if name not in self._functions:
            made = tf.function(function, autograph=False)
            self._functions[name] = made.get_concrete_function(*specs)
        return self._functions[name]

    @cached_property
    def _values(self) -> tf.TensorSpec:
        return tf.TensorSpec(self.start().shape, tf.float32)

    def _scored(
        self, values: tf.Tensor, number: tf.Tensor, draw: tf.Tensor, redirected: bool
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        images = self.recipe.parameterisation.image(values, self._canvas)
        scores = self._scores(self._transformed(images, number, draw), redirected)
        penalties = [penalty(images) for penalty in self.recipe.regularisers]
        gain = tf.add_n([scores, *(-penalty for penalty in penalties)])
        # of the sum, so that the gradient of an image is that of its own score
        gradient = tf.gradients(gain, values)[0]
        if gradient is None:
            raise ValueError(
                f"the scores of {self.objective} do not depend on the images; give an objective "
                "that is differentiable by what the network returns"
            )
        return self._cropped(images), scores, tf.convert_to_tensor(gradient)

    def _scores(self, images: tf.Tensor, redirected: bool) -> tf.Tensor:
        outputs = self.network(images, redirected)
        scores = self.objective({path: self._interior(maps) for path, maps in outputs.items()})
        if scores.shape != [self.shape[0]]:
            raise ValueError(
                f"an objective gives one score for each image, shape ({self.shape[0]},); "
                f"{self.objective} gave {tuple(scores.shape)}"
            )
        return scores

    def _transformed(self, images: tf.Tensor, number: tf.Tensor, draw: tf.Tensor) -> tf.Tensor:
        """The images under one draw for all, so that none depends on its place in the batch."""
        progress = tf.cast(number, tf.float32) / max(self.recipe.steps - 1, 1)
        transforms = [
            one.at(progress) if isinstance(one, Scheduled) else one
            for one in self.recipe.transforms
        ]
        if not transforms:
            return images
        count, height, width, channels = self._canvas
        side_by_side = tf.transpose(images, [1, 2, 0, 3])
        one = tf.reshape(side_by_side, [1, height, width, count * channels])
        one = apply(transforms, one, [self.seed, number * self.recipe.draws + draw])
        height, width = tf.shape(one)[1], tf.shape(one)[2]
        seen = tf.reshape(one, [height, width, count, channels])
        return tf.transpose(seen, [2, 0, 1, 3])

    @property
    def _canvas(self) -> tuple[int, int, int, int]:
        count, height, width, channels = self.shape
        rim = 2 * self.recipe.margin
        return count, height + rim, width + rim, channels

    def _cropped(self, images: tf.Tensor) -> tf.Tensor:
        margin, (_, height, width, _) = self.recipe.margin, self.shape
        return images[:, margin : margin + height, margin : margin + width]

    def _interior(self, maps: tf.Tensor) -> tf.Tensor:
        """What a layer makes of the picture within the margin."""
        if maps.shape.rank != 4 or not self.recipe.margin:
            return maps
        _, height, width, _ = self._canvas
        rows, columns = tf.shape(maps)[1], tf.shape(maps)[2]
        margin = self.recipe.margin
        top, left = _share(rows, margin, height), _share(columns, margin, width)
        return maps[:, top : rows - top, left : columns - left]


def _share(places: tf.Tensor, margin: int, length: int) -> tf.Tensor:
    """How many of places along an axis lie within the margin, rounded."""
    return (2 * places * margin + length) // (2 * length)


def _bytes(tensor: tf.Tensor) -> int:
    return (tensor.shape.num_elements() or 0) * tensor.dtype.size


def _checked(number: int, images: Any, scores: Any, values: Any, last: Step | None) -> Step:
    step = Step(number, images.numpy(), scores.numpy(), values.numpy())
    finite = np.isfinite(step.objective) & np.isfinite(step.images).all(axis=(1, 2, 3))
    if not finite.all():
        raise DivergedError(number, np.flatnonzero(~finite).tolist(), last)
    return step
