"""What a filter wants to see, as a class that is compiled and fitted like a Keras model."""

import dataclasses
import operator
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from jaxtyping import Float32, UInt8

from ..networks import VisionModel
from ..whole_numbers import whole
from .displaying import displayable
from .parameterisations import Fourier, Pixels
from .precision import Precision
from .recipes import OPTVIS
from .requests import requested
from .trained_picture import TrainedPicture
from .transforms import Transform

_RATE = 0.05  # of Adam, where nothing else is asked for


class OptVis:
    """Optimisation visualisation: the picture that a filter answers to most.

    A random picture is trained as a network's weights are, by the gradient of the filter's mean
    activation. It is varied by its frequencies, along the colours of natural images, and shifted,
    enlarged and turned a little for each step (Olah, Mordvintsev and Schubert, *Feature
    Visualization*, Distill 2017, doi:10.23915/distill.00007). Each of these can be left out.

    Parameters
    ----------
    model : keras.Model or VisionModel
        The network, built; it is not changed.
    layer : str or int
        Path, unique name, or index as in ``model.layers``.
    filter : int
        A channel of the layer.
    size : int or pair of int
        Height and width of the picture in pixels.
    fourier : bool
        Whether frequencies are varied, all of them equally easily; else pixels.
    decorrelated : bool
        Whether colours are varied along the directions of those of natural images. Of a picture
        of other than three channels each is varied by itself.
    transforms : sequence of Transform
        What the picture has to withstand, drawn anew at each step; ``()`` for nothing. By default
        a shift by up to 8 pixels, an enlargement by 1–1.1 and a turn by ±1°.
    clip : float, optional
        The largest norm of the gradient by what is varied; None for any.
    redirected_steps : int
        In so many steps at the start ReLUs pass on gradients that they would block: for filters
        that do not answer to noise.
    margin : int
        The picture is larger by so many pixels on every side while it is trained: its rim shows
        the network's zero padding, and is cut off.
    seed : int
        The same seed gives the same picture.
    precision : {"float32", "bfloat16"}, optional
        Of the computation; the faster one on this machine by default.

    Attributes
    ----------
    layer : str
        Path of the layer.
    filter : int
        Its channel.
    recipe : Recipe
        All that decides how the picture is made, but for the optimizer and the steps.
    size : tuple of int
        Height and width of the picture.
    losses : list of float
        What each step returned.

    Raises
    ------
    LayerNotFoundError
        If the layer is not there, with near names.
    IndexError
        If the filter is not there, with the range.
    TypeError
        If the filter is not a single one, or a transform none.
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> opt_vis = cw.OptVis(cw.load_model("EfficientNetLite0"), "block3b_project_bn", 4)
    >>> opt_vis.compile("adam")
    >>> opt_vis.fit(epochs=2).shape
    (128, 128, 3)
    """

    def __init__(
        self,
        model: keras.Model | VisionModel,
        layer: Any,
        filter: Any,
        size: Any = (128, 128),
        *,
        fourier: bool = True,
        decorrelated: bool = True,
        transforms: Sequence[Any] = OPTVIS.transforms,
        clip: float | None = OPTVIS.clip,
        redirected_steps: int = 0,
        margin: int = OPTVIS.margin,
        seed: int = 0,
        precision: Precision | None = None,
    ) -> None:
        self.size = height, width = _pair(size)
        recipe = dataclasses.replace(
            OPTVIS,
            parameterisation=(Fourier if fourier else Pixels)(decorrelated=decorrelated),
            transforms=_checked(transforms),
            clip=clip,
            redirected_steps=redirected_steps,
            margin=margin,
        )
        asked = requested(
            model, layer, _single(filter), recipe, max(height, width), None, seed, precision
        )
        self.layer, (self.filter,), self.recipe = asked.layer, asked.filters, asked.recipe
        self.losses: list[float] = []
        self._trained = TrainedPicture(asked, height, width)

    def compile(self, optimizer: Any = None) -> None:
        """Choose how the picture is trained; the picture itself stays as it is.

        Parameters
        ----------
        optimizer : keras.optimizers.Optimizer, str or dict, optional
            As Keras takes it. Adam with a rate of 0.05 by default; a name stands for Keras's own
            rate, with which Adam takes 50 times as many steps.

        Raises
        ------
        ValueError
            If Keras knows no such optimizer, or if it trains something else already.
        """
        if optimizer is None:
            optimizer = keras.optimizers.Adam(_RATE)
        self._trained.compile(keras.optimizers.get(optimizer))

    def train_step(self) -> dict[str, float]:
        """Change the picture once.

        Returns
        -------
        dict
            The "loss", so called as in Keras, though it shall grow: the mean of the filter's map
            of the picture before the change, transformed.

        Raises
        ------
        RuntimeError
            If no optimizer was chosen.
        ValueError
            If the picture is smaller than the network takes, or weights are not finite.
        DivergedError
            If the picture or its loss is not finite, with the step. The picture is that of the
            step before.

        Warns
        -----
        UserWarning
            At the first step, if the filter does not answer to the start and no gradient leads on.
        """
        if self.optimizer is None:
            raise RuntimeError("there is no optimizer yet: call compile() before training")
        step = self._trained.step(len(self.losses))
        self.losses.append(float(step.objective[0]))
        return {"loss": self.losses[-1]}

    def fit(self, epochs: Any = 1, log: bool = False) -> UInt8[np.ndarray, "height width channels"]:
        """Change the picture so many times more; an epoch is one step.

        Parameters
        ----------
        epochs : int
            At least 1. Fitting again goes on where the picture is.
        log : bool
            Whether a line is printed after each epoch.

        Returns
        -------
        ndarray of uint8, shape (height, width, channels)
            The `picture`.

        Raises
        ------
        ValueError
            If there are no epochs; else as `train_step`.
        """
        epochs = whole("epochs", epochs, 1)
        for epoch in range(1, epochs + 1):
            loss = self.train_step()["loss"]
            if log:
                print(f"Epoch {epoch}/{epochs} - loss: {loss:.4f}")
        return self.picture

    def __call__(self) -> Float32[np.ndarray, "*places"]:
        """Compute the filter's map (height, width) of the present picture, without transforms."""
        return self._trained.map()

    @property
    def optimizer(self) -> keras.optimizers.Optimizer | None:
        """The one compiled with."""
        return self._trained.optimizer

    @property
    def image(self) -> Float32[np.ndarray, "height width channels"]:
        """The present picture, 0–255, not rounded."""
        return self._trained.images()[0]

    @property
    def picture(self) -> UInt8[np.ndarray, "height width channels"]:
        """The present picture, ready to be shown."""
        return displayable(self.image[None], self.recipe.display)[0]

    def __repr__(self) -> str:
        height, width = self.size
        place = f"{self.layer!r}, filter {self.filter}, {height} × {width}"
        return f"OptVis({place}, {len(self.losses)} steps)"


def _pair(size: Any) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or not all(isinstance(side, int) and side > 0 for side in pair):
        raise ValueError(
            f"size is the height and the width in pixels, whole numbers from 1; got {size!r}"
        )
    return pair


def _single(filter: Any) -> int:
    if np.ndim(filter) or isinstance(filter, bool) or not hasattr(filter, "__index__"):
        raise TypeError(
            f"filter is the number of one channel, got {filter!r}; filter_patterns() makes the "
            "pictures of several"
        )
    return operator.index(filter)


def _checked(transforms: Sequence[Any]) -> tuple[Transform, ...]:
    for transform in transforms:
        if not isinstance(transform, Transform):
            raise TypeError(
                f"transforms are those of convnet_widgets.core.patterns.transforms, as Jitter(8); "
                f"got {transform!r}"
            )
    return tuple(transforms)
