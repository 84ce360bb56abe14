"""What is asked for, checked, with all that is tried until the filters of a layer fire."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..layers import declared_trace, find_layer, layer_rows
from ..networks import VisionModel, as_vision_model
from ..preparation import image_input
from ..signatures import declares_inputs
from ..whole_numbers import whole
from .ascent import Ascent, Move
from .cut_network import CutNetwork
from .cutting import cut
from .objectives import OwnChannels
from .optimisers import NormalisedGradient
from .precision import fastest_precision
from .recipes import Recipe, find_recipe
from .steps import DivergedError

_BATCH = 8
"""Filters that are climbed together: more take longer each, and stop later."""

_PATIENCE = 12
"""Steps at least for filters that are far from firing."""

_MEMORY = 2 << 30
"""Bytes that the graph of one batch may compute; far fewer are held at once."""

Filters = tuple[int, ...]


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
    filters: Filters
    recipe: Recipe
    seed: int
    _parts: dict[bool, tuple[CutNetwork, dict[str, Any]]] = field(default_factory=dict, repr=False)

    def ascent(self, filters: Sequence[int]) -> Ascent:
        """One batch, a picture for each filter; all share what is compiled."""
        network, functions = self._part()
        shape = (len(filters), self.recipe.size, self.recipe.size, image_channels(self.vision))
        return Ascent(
            *(network, OwnChannels(self.layer), self.recipe, shape, self.seed, tuple(filters)),
            by_member=True,
            # a model that says its inputs was itself put together of any number of images
            any_count=declares_inputs(self.vision.model),
            functions=functions,
        )

    def rounds(self, filters: Sequence[int]) -> Iterator[tuple[Filters, Move]]:
        """Climb in batches, all of them a step before any the next, with the filters of each.

        Raises
        ------
        DivergedError
            Of filters, without a last step.
        """
        batches = [(part, self.ascent(part).moves()) for part in self._batches(filters)]
        for _ in range(self.recipe.steps + 1):
            for part, moves in batches:
                try:
                    yield part, next(moves)
                except DivergedError as error:
                    wrong = [part[place] for place in error.images]
                    raise DivergedError(error.step, wrong, None, "filters") from None

    def patient(self) -> "Request | None":
        """What is tried with filters that do not fire: before the activation, and for longer."""
        recipe, optimiser = self.recipe, self.recipe.optimiser
        if not recipe.helped:
            return None
        steps = max(_PATIENCE, recipe.steps)
        redirected = min(max(2 * recipe.redirected_steps, _PATIENCE), steps)
        changes: dict[str, Any] = {"steps": steps, "redirected_steps": redirected}
        if isinstance(optimiser, NormalisedGradient):
            # few pixels decide whether such a filter fires at all, which smoothing would level
            longer = dataclasses.replace(optimiser, step=1.5 * optimiser.step, smooth=False)
            changes["optimiser"] = longer
        return self._changed(pre_activation=True, **changes)

    def finer(self) -> "Request | None":
        """What is tried with filters that fire less and less, since steps lead too far."""
        optimiser = self.recipe.optimiser
        if not (self.recipe.helped and isinstance(optimiser, NormalisedGradient)):
            return None
        smaller = dataclasses.replace(optimiser, step=optimiser.step / 4)
        return self._changed(optimiser=smaller, steps=2 * self.recipe.steps)

    def behind(self) -> "Request":
        """The same, read behind the activation."""
        return self._changed(pre_activation=False)

    def _changed(self, **changes: Any) -> "Request":
        """The same with another recipe, of which the rest is compiled alike."""
        return dataclasses.replace(self, recipe=dataclasses.replace(self.recipe, **changes))

    def _batches(self, filters: Sequence[int]) -> list[Filters]:
        """The filters that are climbed together, all parts about as large."""
        for size in range(_BATCH, 0, -1):
            parts = np.array_split(filters, -(-len(filters) // size))
            if size == 1 or self.ascent(parts[0].tolist()).memory <= _MEMORY:
                break
        return [tuple(part.tolist()) for part in parts]

    def _part(self) -> tuple[CutNetwork, dict[str, Any]]:
        """The part of the network to climb, with all that is compiled of it."""
        before = self.recipe.pre_activation
        if before not in self._parts:
            self._parts[before] = cut_by_recipe(self.vision, self.layer, self.recipe), {}
        return self._parts[before]


def requested(
    net: Any,
    layer: Any,
    filters: Any,
    recipe: Any,
    size: Any,
    steps: Any,
    seed: Any,
    precision: Any,
) -> Request:
    """Check what `filter_patterns` is asked for."""
    vision = as_vision_model(net)
    path = cut(vision, layer).layers[0]
    if filters is None:
        filters = range(_channels(vision, path))
    network = cut(vision, path, filters=[filters] if np.ndim(filters) == 0 else filters)
    image_channels(vision)
    followed = followed_recipe(recipe, size, steps, precision)
    return Request(vision, path, network.filters or (), followed, whole("seed", seed, 0))


def followed_recipe(recipe: Any, size: Any, steps: Any, precision: Any) -> Recipe:
    """The recipe asked for with what is asked besides."""
    asked = find_recipe(recipe)
    return dataclasses.replace(
        asked,
        size=asked.size if size is None else whole("size", size, 1),
        steps=asked.steps if steps is None else whole("steps", steps, 1),
        precision=precision or asked.precision or fastest_precision(),
    )


def cut_by_recipe(
    vision: VisionModel, layers: Any, recipe: Recipe, filters: Sequence[int] | None = None
) -> CutNetwork:
    """Cut a network off behind layers as a recipe looks at them."""
    return cut(
        vision,
        layers,
        filters=filters,
        pre_activation=recipe.pre_activation,
        preprocessed=recipe.preprocessed,
        precision=recipe.precision or "float32",
        wrapped=recipe.wrapped,
    )


def image_channels(vision: VisionModel) -> int:
    """Channels of the pictures that a network takes.

    Raises
    ------
    ValueError
        If it takes none.
    """
    image = image_input(vision.model)
    if image is None:
        raise ValueError(
            f"patterns are pictures, and the network {vision.name!r} takes no images; give one "
            "that takes (batch, height, width, channels)"
        )
    return image.channels or 3


def _channels(vision: VisionModel, path: str) -> int:
    row = find_layer(layer_rows(vision.model, declared_trace(vision.model)), path)
    if row.channels is None:
        raise ValueError(
            f"how many channels the layer {path!r} has is not known; give the filters to show"
        )
    return row.channels
