"""Patterns of many filters of a layer at once."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from ..networks import VisionModel
from .cache import Cache
from .climbing import Pattern, climb
from .displaying import displayable
from .keys import network_digest, pattern_key
from .precision import Precision
from .recipes import Recipe
from .requests import Request, requested
from .results import Patterns, Status
from .steps import Step


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
    request = requested(net, layer, filters, recipe, size, steps, seed, precision)
    keys, kept = _Keys(request), Cache() if cache is True else cache
    found = {filter: kept.get(keys[filter]) for filter in request.filters} if kept else {}
    entries = {filter: entry for filter, entry in found.items() if entry}
    missing = [filter for filter in dict.fromkeys(request.filters) if filter not in entries]
    for filter, pattern, status in climb(request, missing):
        entries[filter] = _entry(request, pattern, status)
        if kept:
            kept.put(keys[filter], entries[filter])
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
    request = requested(net, layer, filters, recipe, size, steps, seed, precision)
    return request.ascent(request.filters).steps()


class _Keys:
    """The key of each filter's entry; the network is read once, and only when asked."""

    def __init__(self, request: Request) -> None:
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


def _entry(request: Request, pattern: Pattern, status: Status) -> dict[str, Any]:
    picture = displayable(pattern.image[None], request.recipe.display)[0]
    return {"image": picture, "activation": pattern.activation, "status": np.str_(status)}


def _collected(request: Request, entries: Sequence[dict[str, Any]]) -> Patterns:
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
