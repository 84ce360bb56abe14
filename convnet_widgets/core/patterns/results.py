"""Patterns of filters, with all that is needed to make them again."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32, UInt8

from .recipes import Recipe

Status = Literal["ok", "helped", "weaker", "silent", "unfinished"]


@dataclass(frozen=True, eq=False, repr=False)
class Patterns:
    """Pictures that make filters answer most.

    Attributes
    ----------
    images : ndarray of uint8, shape (filters, height, width, channels)
        Ready to be shown; three channels for a network that takes RGB.
    activations : ndarray of float32, shape (filters,)
        The mean of each filter's channel, behind the layer's activation, for the optimised image
        of floating numbers, before it is made a picture. With a margin in the recipe, the mean
        over that part of the channel that lies within the picture; of a wrapped recipe, the mean
        for the picture as a torus.
    status : tuple of {"ok", "helped", "weaker", "silent", "unfinished"}
        "helped": the filter did not answer to the start, and needed gradients redirected around
        ReLUs, or the layer read before its activation; or it needed smaller steps.
        "weaker": it answers to the start already, and no more to the picture. "silent": it answered
        neither to the start nor to any picture up to the last step, so that there is nothing to
        see; more steps, another size or a photograph may wake it. "unfinished": a
        person stopped before the last step; the activation is that of the step before the picture.
    filters : tuple of int
        Channels of the layer.
    layer : str
        Path of the layer.
    recipe : Recipe
        As it was followed, with its size, steps and precision.
    seed : int
        Of the starts.
    network : str
        Name of the network and where its weights came from.
    """

    images: UInt8[np.ndarray, "filters height width channels"]
    activations: Float32[np.ndarray, " filters"]
    status: tuple[Status, ...]
    filters: tuple[int, ...]
    layer: str
    recipe: Recipe
    seed: int
    network: str

    @property
    def size(self) -> int:
        """Side of a picture in pixels."""
        return self.recipe.size

    @property
    def steps(self) -> int:
        """How often a picture was changed."""
        return self.recipe.steps

    @property
    def caption(self) -> str:
        """What was made of what, in a line."""
        recipe = self.recipe
        made = f"recipe {recipe.name}, {recipe.steps} steps, seed {self.seed}, {recipe.precision}"
        return f"{self.network} · {self.layer} · {made}"

    def __len__(self) -> int:
        return len(self.filters)

    def __repr__(self) -> str:
        height, width = self.images.shape[1:3]
        counts = {
            name: self.status.count(name) for name in ("helped", "weaker", "silent", "unfinished")
        }
        notes = "".join(f", {count} {name}" for name, count in counts.items() if count)
        return f"Patterns({len(self)} of {height} × {width}{notes} · {self.caption})"

    def save(self, path: str | PathLike[str]) -> None:
        """Write arrays, layer, recipe and seed to an NPZ file; the recipe as it prints.

        Parameters
        ----------
        path : str or path
            Ending in ``.npz``.

        Raises
        ------
        ValueError
            If it ends otherwise.
        """
        if Path(path).suffix.lower() != ".npz":
            raise ValueError(
                f"patterns are saved as .npz, got {str(path)!r}; PatternViewer.save also writes "
                ".png and .gif"
            )
        with Path(path).open("wb") as file:  # NumPy would add .npz to another case of it
            np.savez_compressed(
                file,
                images=self.images,
                activations=self.activations,
                status=np.array(self.status),
                filters=np.array(self.filters),
                layer=np.array(self.layer),
                recipe=np.array(repr(self.recipe)),
                seed=np.array(self.seed),
                caption=np.array(self.caption),
            )
