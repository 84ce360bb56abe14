"""Patterns of many filters of a layer at once."""

from collections.abc import Iterator
from typing import Any, SupportsIndex

import keras

from ..networks import VisionModel
from .cache import AnyCache, as_cache
from .climbing import climb
from .precision import Precision
from .recipes import Recipe
from .requests import Request, requested
from .results import Patterns, Status
from .steps import DivergedError, Step, joined


def filter_patterns(
    net: keras.Model | VisionModel,
    layer: Any,
    filters: Any = None,
    recipe: str | Recipe = "fast",
    size: SupportsIndex | None = None,
    steps: SupportsIndex | None = None,
    seed: SupportsIndex = 0,
    cache: AnyCache = True,
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
        How. "book": the published listing, step for step, whose noise goes in without the network's
        preprocessing, which networks bear that take numbers of about 0–255. "fast": its objective
        reached in fewer steps, through the preprocessing. The others vary frequencies under
        random transforms, which takes longer and gives pictures more like photographs.
    size, steps : int, optional
        Side of the pictures in pixels, number of steps; those of the recipe by default.
    seed : int
        The same seed gives the same picture of a filter, up to rounding whatever other filters
        are asked for, and to the byte in the same call.
    cache : bool, Cache or path
        Whether pictures are kept on disk and taken from there, and where; a path is a folder.
    precision : {"float32", "bfloat16"}, optional
        Of the computation; by default that of the recipe, or else the faster one here.

    Returns
    -------
    Patterns
        Filters that did not fire are marked "silent" in its `status`, those that answer to the
        start and to nothing more "weaker". Those that fire only with help are marked "helped";
        "book" gives none.

    Raises
    ------
    LayerNotFoundError
        If the layer is not there, with near names.
    IndexError
        If a filter is not there, with the range.
    TypeError
        If a filter is no whole number, or the cache none.
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
    finished: dict[int, tuple[Step, Status]] = {}
    for item in climb(request, as_cache(cache)):
        rows = zip(item.filters, item.step.apart(), item.status or (), strict=False)
        finished |= {filter: (step, status) for filter, step, status in rows}
    last = joined([finished[filter][0] for filter in request.filters])
    return Patterns(
        images=last.pictures,
        activations=last.objective,
        status=tuple(finished[filter][1] for filter in request.filters),
        filters=request.filters,
        layer=request.layer,
        recipe=request.recipe,
        seed=request.seed,
        network=request.vision.caption,
    )


def ascend_filters(
    net: keras.Model | VisionModel,
    layer: Any,
    filters: Any = None,
    recipe: str | Recipe = "fast",
    size: SupportsIndex | None = None,
    steps: SupportsIndex | None = None,
    seed: SupportsIndex = 0,
    precision: Precision | None = None,
) -> Iterator[Step]:
    """Make the pictures of `filter_patterns` a step at a time, to draw, record or stop them.

    All filters do a step before any does the next. None is given help, and nothing is kept on
    disk: this is the bare ascent. Parameters and errors are those of `filter_patterns`.

    Returns
    -------
    iterator of Step
        The start, and one for each step, of all filters: its `pictures` can be shown, its
        `objective` is the mean of each filter's channel. Between two of them nothing runs.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> net = cw.load_model("VGG16", weights="hed", include_top=False)
    >>> for step in cw.ascend_filters(net, "block3_conv1", range(8)):
    ...     print(step.number, step.objective.mean())
    """
    request = requested(net, layer, filters, recipe, size, steps, seed, precision)
    return _whole_steps(request)


def _whole_steps(request: Request) -> Iterator[Step]:
    parts, done, last = list[Step](), 0, None
    try:
        for part, move in request.rounds(request.filters):
            parts, done = [*parts, move.step], done + len(part)
            if done == len(request.filters):
                last, parts, done = joined(parts), [], 0
                yield last
    except DivergedError as error:
        raise DivergedError(error.step, error.images, last, "filters") from None
