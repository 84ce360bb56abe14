"""One ascent of a panel: where it is, what it has reached, and what became of each filter."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from ..core.networks import VisionModel
from ..core.patterns.ascent import Step
from ..core.patterns.displaying import displayable
from ..core.patterns.filter_patterns import ascend_filters, filter_patterns
from ..core.patterns.recipes import Recipe
from ..rendering.encoding import encode
from ..rendering.mosaic import mosaic
from ..widgets._ascent_record import AscentRecord

_MARGIN = 5 / 64  # of a pattern, between two that are saved as a picture


@dataclass(eq=False)
class PatternRun:
    """The patterns of some filters on their way; `advance` does a step.

    Parameters
    ----------
    net : VisionModel
        The network.
    layer : str
        Path of the layer.
    filters : list of int
        Channels of the layer.
    recipe : Recipe
        With its size and number of steps.
    seed : int
        Of the starts.
    """

    net: VisionModel
    layer: str
    filters: list[int]
    recipe: Recipe
    seed: int
    record: AscentRecord = field(default_factory=AscentRecord, init=False)
    status: list[str] = field(default_factory=list, init=False)
    _first: Step | None = field(default=None, init=False)
    _last: Step | None = field(default=None, init=False)
    _steps: Iterator[Step] | None = field(default=None, init=False)
    _others: dict[int, np.ndarray] = field(default_factory=dict, init=False)

    @property
    def is_begun(self) -> bool:
        """Whether there is anything to show."""
        return self._last is not None

    @property
    def is_done(self) -> bool:
        """Whether no step is left."""
        return self._last is not None and self._last.number >= self.recipe.steps

    def advance(self, now: Any) -> None:
        """Do the next step; `now()` is the time when it is done, in seconds."""
        if self._steps is None:
            self._steps = ascend_filters(
                self.net, self.layer, self.filters, self.recipe, seed=self.seed
            )
        self._last = next(self._steps)
        self._first = self._first or self._last
        self.record.add(self._last.number, self._last.objective, now())

    def help(self) -> None:
        """Find the status of each filter once all is done, with help for those that do not fire."""
        assert self._first is not None
        assert self._last is not None
        noise, reached = self._first.objective, self._last.objective
        silent = (noise == 0) & self.recipe.helped
        fates = {
            one: "helped" if was else "ok" for one, was in zip(self.filters, silent, strict=True)
        }
        blank = [one for one, did in zip(self.filters, reached > noise, strict=True) if not did]
        fates |= dict.fromkeys(blank, "dead")
        if blank and self.recipe.helped:
            made = filter_patterns(
                self.net, self.layer, blank, self.recipe, seed=self.seed, cache=False
            )
            fates |= dict(zip(made.filters, made.status, strict=True))
            self._others = dict(zip(made.filters, made.images, strict=True))
        self.status = [fates[one] for one in self.filters]

    @property
    def pictures(self) -> UInt8[np.ndarray, "filters height width channels"]:
        """The patterns as far as they are, ready to be shown."""
        assert self._last is not None
        pictures = displayable(self._last.images, self.recipe.display)
        for filter, picture in self._others.items():
            pictures[self.filters.index(filter)] = picture
        return pictures

    @property
    def objective(self) -> Float32[np.ndarray, " filters"]:
        """What each filter has reached."""
        assert self._last is not None
        return self._last.objective

    def save(self, path: Path) -> None:
        """Write the patterns to a PNG or an NPZ file, as the panel says."""
        if path.suffix == ".png":
            gap = max(1, round(self.recipe.size * _MARGIN))
            path.write_bytes(encode(mosaic(in_colour(self.pictures), gap=gap)))
        elif path.suffix == ".npz":
            arrays: dict[str, Any] = {"images": self.pictures, "objective": self.objective}
            arrays |= {"status": self.status, "filters": self.filters, "layer": self.layer}
            np.savez_compressed(path, **arrays, recipe=repr(self.recipe), seed=self.seed)
        else:
            raise ValueError(f"patterns are saved as .png or .npz; got {str(path)!r}")


def in_colour(
    pictures: UInt8[np.ndarray, "filters height width channels"],
) -> UInt8[np.ndarray, "filters height width 3"]:
    """RGB of pictures of any number of channels: those of three as they are, else their mean."""
    if pictures.shape[-1] == 3:
        return pictures
    mean = pictures.mean(-1, keepdims=True).round().astype(np.uint8)
    return np.repeat(mean, 3, -1)
