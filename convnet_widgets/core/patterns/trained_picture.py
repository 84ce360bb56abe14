"""A picture that a Keras optimizer trains, as it would the weights of a network."""

import warnings

import keras
import numpy as np
import tensorflow as tf

from .ascent import Ascent
from .objectives import Channel
from .requests import Request, cut_by_recipe, image_channels
from .steps import DivergedError, Step


class TrainedPicture:
    """The picture of one filter, and what changes it.

    Parameters
    ----------
    asked : Request
        Of one filter; its optimiser, size and steps do not count.
    height, width : int
        Of the picture in pixels.

    Attributes
    ----------
    optimizer : keras.optimizers.Optimizer or None
        The one compiled with.
    """

    def __init__(self, asked: Request, height: int, width: int) -> None:
        self._asked, self._ascent = asked, _ascent(asked, height, width)
        self._variable = keras.Variable(self._ascent.start(), dtype="float32", name="picture")
        self._last: Step | None = None
        self.optimizer: keras.optimizers.Optimizer | None = None

    @property
    def values(self) -> tf.Tensor:
        """What is varied, as it is now."""
        return tf.convert_to_tensor(self._variable)

    def compile(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Let another optimizer go on; see `OptVis.compile`."""
        if optimizer.built and optimizer is not self.optimizer:
            raise ValueError(
                f"this {type(optimizer).__name__} trains something else already, and keeps what it "
                "remembers of that; give a new optimizer"
            )
        optimizer.build([self._variable])

        def apply(gradient: tf.Tensor) -> None:
            # uphill, and as large as an optimizer expects that scales losses for half precision
            optimizer.apply([optimizer.scale_loss(-gradient)], [self._variable])

        self.optimizer, self._apply = optimizer, tf.function(apply, autograph=False)

    def step(self, number: int) -> Step:
        """Change the picture; returned is what it was before.

        Raises
        ------
        DivergedError
            If it or its score is or becomes not finite. It returns to the last good one.
        """
        values = self.values
        images, scores, gradient = self._ascent.gradient(values, number)
        arrays = images.numpy(), scores.numpy(), values.numpy()
        step = Step(number, *arrays, self._ascent.recipe.display)
        self._refuse_infinite(number, step.objective, step.images)
        self._last = step
        if number == 0 and not np.any(gradient):
            self._warn()
        self._apply(gradient)
        self._refuse_infinite(number + 1, self._variable.numpy())
        return step

    def images(self) -> np.ndarray:
        """The one image, float32 (1, height, width, channels), 0–255."""
        return self._ascent.images(self.values).numpy()

    def map(self) -> np.ndarray:
        """What the filter makes of it, float32 (height, width), or () where a layer has no maps."""
        return np.asarray(self._ascent.maps(self.values)[0])

    def _warn(self) -> None:
        asked = self._asked
        advice = "another seed, size or filter may"
        if not asked.recipe.redirected_steps:
            advice = "redirected_steps=16 lets gradients through its ReLUs"
        warnings.warn(
            f"filter {asked.filters[0]} of {asked.layer!r} does not answer to the start, and no "
            f"gradient says how the picture should change: it stays grey; {advice}",
            UserWarning,
            stacklevel=4,
        )

    def _refuse_infinite(self, number: int, *arrays: np.ndarray) -> None:
        if not all(np.isfinite(array).all() for array in arrays):
            if self._last is not None:
                self._variable.assign(self._last.values)
            raise DivergedError(number, [0], self._last)


class _Ascent(Ascent):
    """An ascent whose changes others make."""

    def gradient(self, values: tf.Tensor, number: int) -> list[tf.Tensor]:
        """Images, scores and clipped gradient of values at a step."""
        return self._averaged(values, number)

    def maps(self, values: tf.Tensor) -> tf.Tensor:
        """What the filter makes of the images, (images, ...)."""

        def mapped(values: tf.Tensor) -> tf.Tensor:
            images = self.recipe.parameterisation.image(values, self._canvas)
            (maps,) = self.network(images, False).values()
            return self._interior(maps)[..., 0]

        return self._compiled("maps", mapped, (self._values,))(values)


def _ascent(asked: Request, height: int, width: int) -> _Ascent:
    recipe = asked.recipe
    network = cut_by_recipe(asked.vision, asked.layer, recipe, asked.filters)
    shape = (1, height, width, image_channels(asked.vision))
    return _Ascent(network, Channel(asked.layer, 0), recipe, shape, asked.seed, asked.filters)
