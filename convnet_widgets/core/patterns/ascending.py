"""Pictures that maximise any objective."""

from collections.abc import Iterator
from typing import Any, SupportsIndex

import keras
import tensorflow as tf

from ..networks import VisionModel, as_vision_model
from ..whole_numbers import whole
from .ascent import Ascent
from .ascent_graph import Network
from .cut_network import CutNetwork
from .cutting import find
from .objectives import OUTPUT, Objective, Output
from .precision import Precision
from .recipes import Recipe
from .requests import cut_by_recipe, followed_recipe, image_channels
from .steps import Step


def ascend(
    net: keras.Model | VisionModel,
    objective: Any,
    count: int = 1,
    recipe: str | Recipe = "lucid",
    size: SupportsIndex | None = None,
    steps: SupportsIndex | None = None,
    seed: SupportsIndex = 0,
    precision: Precision | None = None,
) -> Iterator[Step]:
    """Make pictures that score higher and higher, a step at a time.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network, built; it is not changed.
    objective : Objective or callable
        What to maximise, of ``convnet_widgets.core.patterns.objectives``: a `Channel`, a `Neuron`,
        a `Direction`, the `Activity` of a layer as in DeepDream, `Diversity` between the pictures,
        sums and multiples of these; or any callable from what the network returns, a tensor
        (images, ...), to a score for each image, a tensor (images,). A layer goes by its path, or
        by its name where it is unique.
    count : int
        How many pictures.
    recipe : {"fast", "book", "optvis", "lucid", "maco"} or Recipe
        How. With ``pre_activation=True`` layers are read before their activation: of a
        classifier's last one a `Channel` is then the logit of a class.
    size, steps : int, optional
        Side of the pictures in pixels, number of steps; those of the recipe by default.
    seed : int
        From 0. The same seed gives the same pictures.
    precision : {"float32", "bfloat16"}, optional
        Of the computation; by default that of the recipe, or else the faster one here.

    Returns
    -------
    iterator of Step
        The start, and one for each step: its `pictures` can be shown. Between two of them nothing
        runs: who stops asking stops the ascent.

    Raises
    ------
    LayerNotFoundError
        If a layer of the objective is not there, with near names.
    IndexError
        If a channel or a place is not there, with the range; at the first step.
    TypeError
        If the objective is none.
    ValueError
        If there is no such recipe, or a number is out of its range; at the first step, if the
        size is less than the network takes, weights are not finite, or the objective gives no
        score for each image or does not depend on them.
    DivergedError
        If a picture or a score is not finite, with the step; the step before is its ``last``.

    Examples
    --------
    The class "daisy", by its logit; it takes some more steps:

    >>> import dataclasses
    >>> import convnet_widgets as cw
    >>> from convnet_widgets.core.patterns.objectives import Channel
    >>> from convnet_widgets.core.patterns.recipes import LUCID
    >>> net = cw.load_model("EfficientNetLite0")
    >>> logit = dataclasses.replace(LUCID, pre_activation=True)
    >>> for step in cw.ascend(net, Channel("predictions", 985), recipe=logit, size=128, steps=2):
    ...     print(step.number, step.pictures.shape)
    0 (1, 128, 128, 3)
    1 (1, 128, 128, 3)
    2 (1, 128, 128, 3)
    """
    vision, goal = as_vision_model(net), _objective(objective)
    followed = followed_recipe(recipe, size, steps, precision)
    network = _by_name(cut_by_recipe(vision, goal.layers, followed), goal)
    shape = (count, followed.size, followed.size, image_channels(vision))
    return Ascent(network, goal, followed, shape, whole("seed", seed, 0)).steps()


def _by_name(network: CutNetwork, objective: Objective) -> Network:
    """The network with its outputs under the names that an objective has for the layers."""
    rows = {name: find(network.vision.model, name) for name in objective.layers}
    paths = {name: row.path if row else OUTPUT for name, row in rows.items()}

    def named(images: tf.Tensor, redirected: bool) -> dict[str, tf.Tensor]:
        outputs = network(images, redirected)
        return {name: outputs[path] for name, path in paths.items()}

    return named


def _objective(objective: Any) -> Objective:
    if isinstance(objective, Objective):
        return objective
    if not callable(objective):
        raise TypeError(
            "an objective is one of convnet_widgets.core.patterns.objectives, or a callable from "
            f"what the network returns to a score for each image; got {objective!r:.60}"
        )
    return Output(objective)
