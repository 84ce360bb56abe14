"""Patterns of many filters of a layer at once."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..layers import declared_trace, find_layer, layer_rows
from ..networks import VisionModel, as_vision_model
from ..preparation import image_input
from .ascent import Ascent, Step
from .cache import Cache
from .cutting import cut
from .displaying import displayable
from .keys import network_digest, pattern_key
from .objectives import Channel
from .precision import Precision, fastest_precision
from .recipes import Recipe, find_recipe
from .results import Patterns, Status

_MEMORY = 2 << 30
"""Bytes that the graph of one batch may compute; far fewer are held at once."""


def filter_patterns(
    net: keras.Model | VisionModel,
    layer: Any,
    filters: Sequence[int] | int | None = None,
    recipe: str | Recipe = "fast",
    size: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    cache: bool | Cache = True,
    precision: Precision | None = None,
) -> Patterns:
    """Make pictures that the filters of a layer answer to most, by gradient ascent.

    Parameters
    ----------
    net : keras.Model or VisionModel
        The network, built; it is not changed.
    layer : str or int
        Path, unique name, or index as in ``model.layers``.
    filters : int or sequence of int, optional
        Channels of the layer; all by default.
    recipe : {"fast", "book", "optvis", "lucid", "maco"} or Recipe
        How. "book": the published listing, step for step. "fast": its objective reached in fewer
        steps. The others vary frequencies under random transforms, which takes longer and gives
        pictures more like photographs.
    size, steps : int, optional
        Side of the pictures in pixels, number of steps; those of the recipe by default.
    seed : int
        The same seed gives the same picture of a filter, up to rounding whatever other filters
        are asked for, and to the byte in the same call.
    cache : bool or Cache
        Whether pictures are kept on disk and taken from there, and where.
    precision : {"float32", "bfloat16"}, optional
        Of the computation; by default that of the recipe, or else the faster one here.

    Returns
    -------
    Patterns
        Filters that never fire are marked "dead" in its `status`. Those that fire only with help
        are marked "helped"; "book" gives none.

    Raises
    ------
    LayerNotFoundError
        If the layer is not there, with near names.
    IndexError
        If a filter is not there, with the range.
    ValueError
        If there is no such recipe, a number is out of its range, the size is less than the
        network takes, or weights are not finite.
    DivergedError
        If an image diverges, with the step; the last good pictures are in its ``last``.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("VGG16", weights="hed", include_top=False)
    >>> cw.filter_patterns(net, "block3_conv1", range(64)).images.shape
    (64, 64, 64, 3)
    """
    request = _requested(net, layer, filters, recipe, size, steps, seed, precision)
    keys, kept = _Keys(request), Cache() if cache is True else cache
    found = {filter: kept.get(keys[filter]) for filter in request.filters} if kept else {}
    entries = {filter: entry for filter, entry in found.items() if entry}
    missing = [filter for filter in dict.fromkeys(request.filters) if filter not in entries]
    for filter, entry in _made(request, missing):
        entries[filter] = entry
        if kept:
            kept.put(keys[filter], entry)
    return _collected(request, [entries[filter] for filter in request.filters])


def ascend_filters(
    net: keras.Model | VisionModel,
    layer: Any,
    filters: Sequence[int] | int | None = None,
    recipe: str | Recipe = "fast",
    size: int | None = None,
    steps: int | None = None,
    seed: int = 0,
    precision: Precision | None = None,
) -> Iterator[Step]:
    """Make the pictures of `filter_patterns` a step at a time, all in one batch, without help.

    Parameters and errors are those of `filter_patterns`.

    Returns
    -------
    iterator of Step
        The start, and one for each step.
    """
    request = _requested(net, layer, filters, recipe, size, steps, seed, precision)
    return request.ascent(request.filters).steps()


@dataclass(frozen=True, eq=False)
class _Request:
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

    def changed(self, seed: int, **changes: Any) -> "_Request":
        """The same with another recipe and seed."""
        recipe = dataclasses.replace(self.recipe, **changes)
        return dataclasses.replace(self, recipe=recipe, seed=seed)

    def remedies(self) -> "Iterator[_Request]":
        """What is tried with filters that do not fire, one after another."""
        if self.recipe.helped:
            steps = max(self.recipe.redirected_steps, min(16, self.recipe.steps))
            yield self.changed(self.seed, redirected_steps=steps)
            yield self.changed(self.seed, redirected_steps=steps, pre_activation=True)
            yield self.changed(self.seed + 1, redirected_steps=steps, pre_activation=True)


def _requested(
    net: Any,
    layer: Any,
    filters: Any,
    recipe: Any,
    size: Any,
    steps: Any,
    seed: int,
    precision: Any,
) -> _Request:
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
    return _Request(vision, path, network.filters or (), followed, seed)


def _channels(vision: VisionModel, path: str) -> int:
    row = find_layer(layer_rows(vision.model, declared_trace(vision.model)), path)
    if row.channels is None:
        raise ValueError(
            f"how many channels the layer {path!r} has is not known; give the filters to show"
        )
    return row.channels


class _Keys:
    """The key of each filter's entry; the network is read once, and only when asked."""

    def __init__(self, request: _Request) -> None:
        self._request, self._digest = request, ""

    def __getitem__(self, filter: int) -> str:
        request = self._request
        self._digest = self._digest or network_digest(request.vision)
        return pattern_key(
            self._digest,
            request.layer,
            filter,
            request.recipe,
            size=request.recipe.size,
            steps=request.recipe.steps,
            seed=request.seed,
            precision=str(request.recipe.precision),
        )


@dataclass(frozen=True, eq=False)
class _Pattern:
    image: np.ndarray
    activation: np.float32
    noise: np.float32

    @property
    def is_blank(self) -> bool:
        """Whether the filter answers no more than to the noise of the start."""
        return not self.activation > self.noise


def _made(request: _Request, filters: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    if not filters:
        return
    for part, ascent in request.batches(filters):
        patterns = _climbed(request, part, ascent)
        blank = [filter for filter in part if patterns[filter].is_blank]
        helped = _helped(request, blank)
        for filter in part:
            pattern = helped.get(filter, patterns[filter])
            needed_help = filter in helped or (pattern.noise == 0 and request.recipe.helped)
            status: Status = "dead" if pattern.is_blank else "helped" if needed_help else "ok"
            yield filter, _entry(request, pattern, status)


def _helped(request: _Request, blank: list[int]) -> dict[int, _Pattern]:
    """The patterns of those filters that fire with one of the remedies."""
    helped: dict[int, _Pattern] = {}
    for remedy in request.remedies():
        left = [filter for filter in blank if filter not in helped]
        if left:
            tried = _climbed(remedy, left, remedy.ascent(left))
            helped |= {filter: one for filter, one in tried.items() if not one.is_blank}
    return helped


def _climbed(request: _Request, filters: Sequence[int], ascent: Ascent) -> dict[int, _Pattern]:
    steps = ascent.steps()
    first = last = next(steps)
    for step in steps:
        last = step
    noise, activations = first.objective, last.objective
    if request.recipe.pre_activation:
        behind = request.changed(request.seed, pre_activation=False).ascent(filters)
        noise, activations = behind.score(first.values), behind.score(last.values)
    made = map(_Pattern, last.images, activations, noise)
    return dict(zip(filters, made, strict=True))


def _entry(request: _Request, pattern: _Pattern, status: Status) -> dict[str, Any]:
    picture = displayable(pattern.image[None], request.recipe.display)[0]
    return {"image": picture, "activation": pattern.activation, "status": np.str_(status)}


def _collected(request: _Request, entries: Sequence[dict[str, Any]]) -> Patterns:
    statuses: list[Any] = [str(entry["status"]) for entry in entries]
    return Patterns(
        images=np.stack([entry["image"] for entry in entries]),
        activations=np.array([entry["activation"] for entry in entries], "float32"),
        status=tuple(statuses),
        filters=request.filters,
        layer=request.layer,
        recipe=request.recipe,
        seed=request.seed,
        network=request.vision.caption,
    )
