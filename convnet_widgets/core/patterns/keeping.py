"""Patterns of a request that are kept on disk."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .cache import Cache
from .keys import network_digest, pattern_keys
from .requests import Request
from .results import Status
from .steps import Step


class Kept:
    """What is kept of a request, and a place to keep more.

    Parameters
    ----------
    request : Request
    cache : Cache or None
        Without one, nothing is kept, and the network is not read.
    """

    def __init__(self, request: Request, cache: Cache | None) -> None:
        self._request, self._cache = request, cache

    def found(self) -> tuple[tuple[int, ...], Step | None, tuple[Status, ...]]:
        """The filters that are kept, with their pictures and how each came about."""
        kept = self._cache
        found = {filter: kept.get(key) for filter, key in self._keys.items()} if kept else {}
        entries = {filter: entry for filter, entry in found.items() if entry}
        if not entries:
            return (), None, ()
        images = np.stack([entry["image"] for entry in entries.values()])
        activations = np.array([entry["activation"] for entry in entries.values()], "float32")
        statuses: list[Any] = [str(entry["status"]) for entry in entries.values()]
        recipe = self._request.recipe
        step = Step(recipe.steps, images, activations, None, recipe.display)
        return tuple(entries), step, tuple(statuses)

    def keep(self, filters: Sequence[int], step: Step, status: Sequence[Status]) -> None:
        """Keep finished patterns."""
        if self._cache:
            rows = zip(filters, step.images, step.objective, status, strict=True)
            for filter, image, activation, one in rows:
                entry = {"image": image, "activation": activation, "status": np.str_(one)}
                self._cache.put(self._keys[filter], entry)

    @cached_property
    def _keys(self) -> dict[int, str]:
        request = self._request
        return pattern_keys(
            network_digest(request.vision),
            request.layer,
            request.filters,
            request.recipe,
            size=request.recipe.size,
            steps=request.recipe.steps,
            seed=request.seed,
            precision=str(request.recipe.precision),
        )
