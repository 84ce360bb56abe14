"""Named sets of all that decides how gradient ascent makes a picture."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ..whole_numbers import whole
from .boxes import Boxes, Scheduled
from .displaying import DISPLAYS
from .optimisers import Adam, Nadam, NormalisedGradient, Optimiser
from .parameterisations import Fourier, GreyNoise, Parameterisation, Phase
from .precision import Precision
from .regularisers import Regulariser
from .transforms import Jitter, Pad, Rotate, Scale, Transform


@dataclass(frozen=True, repr=False)
class Recipe:
    """How a picture is made; ``dataclasses.replace`` makes another recipe of it.

    Parameters
    ----------
    name : str
        For captions.
    parameterisation : Parameterisation
        What is varied, and how it starts.
    optimiser : Optimiser
        How far a gradient leads.
    steps : int
        How often the picture is changed, at least once.
    size : int
        Side of the picture in pixels.
    display : {"standardised", "bounded"}
        How the picture is shown; see `displayable`.
    transforms : tuple of Transform or Scheduled
        What the picture has to withstand, drawn anew for every step, alike for all images.
    draws : int
        So many draws of the transforms share a step; their gradients are averaged.
    regularisers : tuple of Regulariser
        Penalties, subtracted from the score.
    clip : float, optional
        The largest norm of the gradient of one image by what is varied.
    redirected_steps : int
        In so many steps at the start ReLUs pass on gradients that they would block.
    pre_activation : bool
        Whether the layer is read before its own activation.
    preprocessed : bool
        Whether the picture is RGB 0–255 and goes through the network's preprocessing; else it
        goes in as it is.
    margin : int
        The picture is made larger by so many pixels on every side, what the network sees there
        does not count, and it is cut off: the rim shows the network's zero padding.
    wrapped : bool
        The picture is made as a torus, without a rim: convolutions that pad with zeros see its
        other side instead, and side by side its copies join. It has neither margin nor transforms.
        Convolutions without padding stay as they are: few of their places see the rim, which keeps
        a frame as wide as what they lose. Ask for a larger picture and cut the frame off.
    helped : bool
        Whether units that do not fire are tried again, read before the activation and for longer.
    precision : {"float32", "bfloat16"}, optional
        Of the computation; the faster one on this machine by default.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    name: str
    parameterisation: Parameterisation
    optimiser: Optimiser
    steps: int
    size: int
    display: str
    transforms: tuple[Transform | Scheduled, ...] = ()
    draws: int = 1
    regularisers: tuple[Regulariser, ...] = ()
    clip: float | None = None
    redirected_steps: int = 0
    pre_activation: bool = False
    preprocessed: bool = True
    margin: int = 0
    wrapped: bool = False
    helped: bool = True
    precision: Precision | None = None

    def __post_init__(self) -> None:
        for name, least in {"steps": 1, "size": 1, "draws": 1, "margin": 0}.items():
            object.__setattr__(self, name, whole(name, getattr(self, name), least))
        if self.clip is not None and not self.clip > 0:
            raise ValueError(f"clip is a norm above 0, or None for no limit; got {self.clip!r}")
        if self.wrapped and (self.margin or self.transforms):
            raise ValueError("a wrapped picture has no rim: take margin=0 and transforms=()")
        if self.display not in DISPLAYS:
            raise ValueError(f"display is one of {DISPLAYS}; got {self.display!r}")

    def __repr__(self) -> str:
        fields = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
        lines = (f"    {name}={_written(value)},\n" for name, value in fields)
        return f"Recipe(\n{''.join(lines)})"


def find_recipe(recipe: str | Recipe) -> Recipe:
    """Return the recipe of a name, or the one given.

    Raises
    ------
    TypeError
        If it is neither a name nor a recipe.
    ValueError
        If there is none of that name, with those there are.
    """
    if isinstance(recipe, Recipe):
        return recipe
    if not isinstance(recipe, str):
        raise TypeError(f"expected a Recipe or the name of one, got {recipe!r:.60}")
    if recipe not in RECIPES:
        near = get_close_matches(recipe.lower(), RECIPES, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"there is no recipe {recipe!r}; {hint}there are {', '.join(RECIPES)}")
    return RECIPES[recipe]


def _written(value: Any) -> str:
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        return "(\n" + "".join(f"        {item!r},\n" for item in value) + "    )"
    return repr(value)


def _evenly(low: float, high: float, count: int) -> Sequence[float]:
    return [round(low + (high - low) * i / (count - 1), 6) for i in range(count)]


BOOK = Recipe(
    "book",  # Chollet 2017, section 5.4.2: the noise goes in as it is
    GreyNoise(),
    NormalisedGradient(step=1.0),
    steps=40,
    size=150,
    display="standardised",
    preprocessed=False,
    helped=False,
    precision="float32",
)

FAST = Recipe(
    "fast",  # the objective of the book in fewer and larger steps
    GreyNoise(),
    NormalisedGradient(step=14.2, decay=0.85, smooth=True),
    steps=8,
    size=64,
    display="standardised",
    redirected_steps=3,
    wrapped=True,
)

OPTVIS = Recipe(
    "optvis",  # what the class OptVis of the tutorials does
    Fourier(),
    Adam(rate=0.05),
    steps=500,
    size=128,
    display="bounded",
    transforms=(
        Jitter(8),
        Scale(tuple(_evenly(1.0, 1.1, 11))),
        Rotate(tuple(_evenly(-1.0, 1.0, 9))),
    ),
    clip=1.0,
    redirected_steps=16,
    margin=8,
)

LUCID = Recipe(
    "lucid",  # the defaults of https://github.com/tensorflow/lucid
    Fourier(),
    Adam(rate=0.05),
    steps=512,
    size=128,
    display="bounded",
    transforms=(
        Pad(12),
        Jitter(8),
        Scale(tuple(_evenly(0.9, 1.1, 11))),
        Rotate((*_evenly(-10.0, 10.0, 21), 0.0, 0.0, 0.0, 0.0)),
        Jitter(4),
    ),
    redirected_steps=16,
)

MACO = Recipe(
    "maco",  # Fel et al. 2023, arXiv:2306.06805
    Phase(),
    Nadam(rate=1.0),
    steps=256,
    size=256,
    display="bounded",
    transforms=(Boxes(128),),
    draws=32,
)

RECIPES = {recipe.name: recipe for recipe in (BOOK, FAST, OPTVIS, LUCID, MACO)}
"""The recipes by name."""
