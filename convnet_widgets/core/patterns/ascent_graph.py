"""What the steps of an ascent compute: compiled when first needed, and then only run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf
from jaxtyping import Float32

from ..running import run
from ..whole_numbers import whole
from .boxes import Scheduled
from .objectives import Objective
from .recipes import Recipe
from .transforms import apply

Network = Callable[..., Mapping[str, tf.Tensor]]
"""From images, and whether gradients are redirected, to outputs by path: a `CutNetwork`."""


@dataclass(frozen=True, eq=False)
class AscentGraph:
    """Scores of images, and their gradient by what is varied.

    Parameters
    ----------
    network : callable
        ``network(images, redirected)`` in a graph, as `cut` makes it.
    objective : Objective
        What to maximise.
    recipe : Recipe
        How. Steps, draws, optimiser and clip do not count here; its size, and whether it reads
        before the activation or through the preprocessing, are for the caller to heed.
    shape : tuple of int
        Images, height, width and channels of the pictures.
    seed : int
        From 0. The same one gives the same pictures.
    members : sequence of int, optional
        A number for each image that decides, with `seed`, how it starts; 0, 1, 2 … by default.
    by_member : bool
        Whether the network takes the members as a third argument, a tensor with a number for each
        image.
    any_count : bool
        Whether what is compiled takes any number of images. Not every network does.
    functions : dict
        Compiled ones by name. Ascents by member that differ only in the seed, in their members, or
        in what does not count here may share it.

    Raises
    ------
    ValueError
        If the shape, the seed or the members do not fit.
    """

    network: Network
    objective: Objective
    recipe: Recipe
    shape: Sequence[int]
    seed: int = 0
    members: Sequence[int] | None = None
    by_member: bool = False
    any_count: bool = False
    functions: dict[str, Any] = field(default_factory=dict, repr=False)

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
        whole("seed", self.seed, 0)

    def start(self) -> Float32[np.ndarray, "images ..."]:
        """Draw the values to begin with, those of each image from its own generator."""
        one = (1, *self._canvas[1:])
        return np.concatenate(
            [
                self.recipe.parameterisation.start(one, np.random.default_rng([self.seed, member]))
                for member in self._members
            ]
        )

    def images(self, values: Any) -> tf.Tensor:
        """The images of values, without the margin."""
        return self._cropped(self.recipe.parameterisation.image(values, self._canvas))

    def score(self, values: Any) -> Float32[np.ndarray, " images"]:
        """Score the images of values as they are, without transforms."""
        return self._score(tf.constant(values))[1].numpy()

    @property
    def memory(self) -> int:
        """Bytes of all that a step computes, which is more than is ever held at once."""
        graph = self._gradient(self.recipe.redirected_steps > 0).graph
        outputs = (tensor for op in graph.get_operations() for tensor in op.outputs)
        return sum(_bytes(tensor, self.shape[0]) for tensor in outputs)

    @property
    def _members(self) -> Sequence[int]:
        return range(self.shape[0]) if self.members is None else self.members

    def _gradient(self, redirected: bool) -> Any:
        number, share = tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.float32)

        def scored(values: Any, members: Any, seed: Any, draw: Any, progress: Any) -> Any:
            return self._scored(values, members, [seed, draw], progress, redirected)

        specs = (self._values, self._numbers, number, number, share)
        return self._compiled(f"redirected {redirected}", scored, specs)

    def _score(self, values: tf.Tensor) -> Any:
        def score(values: tf.Tensor, members: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images = self.recipe.parameterisation.image(values, self._canvas)
            return self._cropped(images), self._scores(images, members, False)

        function = self._compiled("score", score, (self._values, self._numbers))
        return run(function, [values, tf.constant(self._members, tf.int32)])

    def _compiled(self, name: str, function: Callable, specs: Sequence[tf.TensorSpec]) -> Any:
        key = f"{name} of {self._count or 'any number'}"
        if key not in self.functions:
            made = tf.function(function, autograph=False)
            self.functions[key] = made.get_concrete_function(*specs)
        return self.functions[key]

    @property
    def _values(self) -> tf.TensorSpec:
        one = self.recipe.parameterisation.start((1, *self._canvas[1:]), np.random.default_rng(0))
        return tf.TensorSpec([self._count, *one.shape[1:]], tf.float32)

    @property
    def _numbers(self) -> tf.TensorSpec:
        return tf.TensorSpec([self._count], tf.int32)

    @property
    def _count(self) -> int | None:
        return None if self.any_count else self.shape[0]

    def _scored(
        self,
        values: tf.Tensor,
        members: tf.Tensor,
        seed: Any,
        progress: tf.Tensor,
        redirected: bool,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        images = self.recipe.parameterisation.image(values, self._canvas)
        scores = self._scores(self._transformed(images, seed, progress), members, redirected)
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

    def _scores(self, images: tf.Tensor, members: tf.Tensor, redirected: bool) -> tf.Tensor:
        outputs = self.network(images, redirected, *([members] if self.by_member else []))
        scores = self.objective({path: self._interior(maps) for path, maps in outputs.items()})
        if scores.shape.as_list() != [self._count]:
            raise ValueError(
                f"an objective gives one score for each image, shape ({self.shape[0]},); "
                f"{self.objective} gave {tuple(scores.shape)}"
            )
        return scores

    def _transformed(self, images: tf.Tensor, seed: Any, progress: tf.Tensor) -> tf.Tensor:
        """The images under one draw for all, so that none depends on its place in the batch."""
        transforms = [
            one.at(progress) if isinstance(one, Scheduled) else one
            for one in self.recipe.transforms
        ]
        if not transforms:
            return images
        count, (_, height, width, channels) = tf.shape(images)[0], self._canvas
        side_by_side = tf.transpose(images, [1, 2, 0, 3])
        one = tf.reshape(side_by_side, [1, height, width, count * channels])
        one = apply(transforms, one, seed)
        height, width = (one.shape[axis] or tf.shape(one)[axis] for axis in (1, 2))
        seen = tf.reshape(one, [height, width, count, channels])
        return tf.transpose(seen, [2, 0, 1, 3])

    @property
    def _canvas(self) -> tuple[int, int, int, int]:
        count, height, width, channels = self.shape
        rim = 2 * self.recipe.margin
        return -1 if self.any_count else count, height + rim, width + rim, channels

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
    """How many of places along an axis lie within the margin, rounded; one at least lies inside."""
    return tf.minimum((2 * places * margin + length) // (2 * length), (places - 1) // 2)


def _bytes(tensor: tf.Tensor, images: int) -> int:
    """Bytes of a tensor whose unknown axes are as long as there are images."""
    if tensor.shape.rank is None:
        return 0
    sides = [images if side is None else side for side in tensor.shape.as_list()]
    return int(np.prod(sides, dtype="int64")) * tensor.dtype.size
