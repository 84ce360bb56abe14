"""What is asked for, checked, with all that is tried until the filters of a layer fire."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..layers import declared_trace, find_layer, layer_rows
from ..networks import VisionModel, as_vision_model
from ..preparation import image_input
from .ascent import Ascent
from .cutting import cut
from .objectives import Channel
from .optimisers import NormalisedGradient
from .precision import fastest_precision
from .recipes import Recipe, find_recipe

_MEMORY = 2 << 30
"""Bytes that the graph of one batch may compute; far fewer are held at once."""


@dataclass(frozen=True, eq=False)
class Request:
    """Patterns to be made.

    Attributes
    ----------
    vision : VisionModel
        The network.
    layer : str
        Path of the layer.
    filters : tuple of int
        Its channels.
    recipe : Recipe
        With the size, steps and precision to follow.
    seed : int
        Of the starts.
    """

    vision: VisionModel
    layer: str
    filters: tuple[int, ...]
    recipe: Recipe
    seed: int

    def ascent(self, filters: Sequence[int]) -> Ascent:
        """One batch, a picture for each filter."""
        recipe = self.recipe
        network = cut(
            self.vision,
            self.layer,
            filters=filters,
            pre_activation=recipe.pre_activation,
            preprocessed=recipe.preprocessed,
            precision=recipe.precision or "float32",
        )
        image = image_input(self.vision.model)
        shape = (len(filters), recipe.size, recipe.size, (image and image.channels) or 3)
        objective = Channel(self.layer, tuple(range(len(filters))))
        return Ascent(network, objective, recipe, shape, self.seed, tuple(filters))

    def batches(self, filters: Sequence[int]) -> Iterator[tuple[Sequence[int], Ascent]]:
        """The filters in batches that fit into memory."""
        ascent = self.ascent(filters)
        parts = -(-ascent.memory // _MEMORY)
        if parts == 1:
            yield filters, ascent
            return
        for part in np.array_split(filters, min(parts, len(filters))):
            yield part.tolist(), self.ascent(part.tolist())

    def changed(self, seed: int, **changes: Any) -> "Request":
        """The same with another recipe and seed."""
        recipe = dataclasses.replace(self.recipe, **changes)
        return dataclasses.replace(self, recipe=recipe, seed=seed)

    def remedies(self) -> "Iterator[Request]":
        """What is tried with filters that do not fire, one after another."""
        if self.recipe.helped:
            steps = max(self.recipe.redirected_steps, min(16, self.recipe.steps))
            yield self.changed(self.seed, redirected_steps=steps)
            yield self.changed(self.seed, redirected_steps=steps, pre_activation=True)
            yield self.changed(self.seed + 1, redirected_steps=steps, pre_activation=True)

    def finer(self) -> "Iterator[Request]":
        """What is tried with filters that fire less and less, since steps lead too far."""
        optimiser = self.recipe.optimiser
        if self.recipe.helped and isinstance(optimiser, NormalisedGradient):
            smaller = dataclasses.replace(optimiser, step=optimiser.step / 4)
            yield self.changed(self.seed, optimiser=smaller, steps=2 * self.recipe.steps)


def requested(
    net: Any,
    layer: Any,
    filters: Any,
    recipe: Any,
    size: Any,
    steps: Any,
    seed: int,
    precision: Any,
) -> Request:
    """Check what `filter_patterns` is asked for."""
    vision, followed = as_vision_model(net), find_recipe(recipe)
    path = cut(vision, layer).layers[0]
    if filters is None:
        filters = range(_channels(vision, path))
    network = cut(vision, path, filters=[filters] if np.ndim(filters) == 0 else filters)
    if image_input(vision.model) is None:
        raise ValueError(
            f"patterns are pictures, and the network {vision.name!r} takes no images; give one "
            "that takes (batch, height, width, channels)"
        )
    followed = dataclasses.replace(
        followed,
        size=followed.size if size is None else size,
        steps=followed.steps if steps is None else steps,
        precision=precision or followed.precision or fastest_precision(),
    )
    return Request(vision, path, network.filters or (), followed, seed)


def _channels(vision: VisionModel, path: str) -> int:
    row = find_layer(layer_rows(vision.model, declared_trace(vision.model)), path)
    if row.channels is None:
        raise ValueError(
            f"how many channels the layer {path!r} has is not known; give the filters to show"
        )
    return row.channels
