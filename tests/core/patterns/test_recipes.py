import dataclasses

import pytest

from convnet_widgets.core.patterns import (
    boxes,
    displaying,
    optimisers,
    parameterisations,
    regularisers,
    transforms,
)
from convnet_widgets.core.patterns import recipes as module
from convnet_widgets.core.patterns.optimisers import Adam, Nadam, NormalisedGradient
from convnet_widgets.core.patterns.recipes import RECIPES, Recipe, find_recipe
from convnet_widgets.core.patterns.transforms import Jitter, Pad, Rotate, Scale

BOOK, FAST, OPTVIS, LUCID, MACO = RECIPES.values()


def kinds(recipe):
    return [type(transform) for transform in recipe.transforms]


class TestNumbers:
    def test_of_the_book(self):
        assert (BOOK.steps, BOOK.size, BOOK.optimiser) == (40, 150, NormalisedGradient(1.0))
        assert not BOOK.preprocessed
        assert not BOOK.helped
        assert BOOK.margin == 0

    def test_of_the_fast_one(self):
        assert (FAST.steps, FAST.size, FAST.parameterisation) == (8, 64, BOOK.parameterisation)
        assert FAST.wrapped
        assert FAST.helped
        assert FAST.preprocessed
        assert FAST.display == BOOK.display

    def test_of_lucid(self):
        assert (LUCID.steps, LUCID.size, LUCID.optimiser.rate) == (512, 128, 0.05)
        assert LUCID.redirected_steps == 16
        pad, first, scale, rotate, last = LUCID.transforms
        assert (pad, first, last) == (Pad(12, 127.5), Jitter(8), Jitter(4))
        assert (min(scale.factors), max(scale.factors)) == (0.9, 1.1)
        assert (min(rotate.degrees), max(rotate.degrees)) == (-10, 10)
        assert rotate.degrees.count(0) == 5
        assert rotate.degrees.count(7) == 1

    def test_of_optvis(self):
        assert (OPTVIS.steps, OPTVIS.optimiser, OPTVIS.clip) == (500, Adam(0.05), 1.0)
        assert kinds(OPTVIS) == [Jitter, Scale, Rotate]  # which are one warp
        jitter, scale, rotate = OPTVIS.transforms
        assert jitter.pixels == 8
        assert (min(scale.factors), max(scale.factors)) == (1, 1.1)
        assert (min(rotate.degrees), max(rotate.degrees)) == (-1, 1)

    def test_of_maco(self):
        assert (MACO.steps, MACO.draws, MACO.optimiser) == (256, 32, Nadam(1.0))
        assert (MACO.transforms[0].first, MACO.transforms[0].last) == (0.5, 0.05)

    def test_all_but_the_book_keep_the_zero_padding_off_the_picture(self):
        for name in set(RECIPES) - {"book"}:
            recipe = RECIPES[name]
            assert recipe.margin or recipe.wrapped or {Pad, boxes.Boxes} & set(kinds(recipe))


class TestRecipe:
    @pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
    def test_prints_on_lines_that_make_it_again(self, recipe):
        text = repr(recipe)
        assert len(text.splitlines()) > 10
        assert max(map(len, text.splitlines())) < 200
        names = {}
        for one in (boxes, displaying, optimisers, parameterisations, regularisers, transforms):
            names |= vars(one)
        assert eval(text, names | vars(module)) == recipe

    def test_another_is_made_of_it(self):
        shorter = dataclasses.replace(BOOK, steps=3)
        assert (shorter.steps, shorter.size, BOOK.steps) == (3, 150, 40)
        assert hash(shorter) != hash(BOOK)
        with pytest.raises(dataclasses.FrozenInstanceError):
            BOOK.steps = 3

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"steps": 0}, "steps is a whole number, at least 1; got 0"),
            ({"size": 0}, "size is a whole number, at least 1; got 0"),
            ({"draws": True}, "draws is a whole number"),
            ({"margin": -1}, "margin is a whole number, at least 0; got -1"),
            ({"wrapped": True, "margin": 4}, "a wrapped picture has no rim: take margin=0"),
            ({"wrapped": True, "transforms": (Jitter(2),)}, "no rim: .* and transforms=()"),
            ({"clip": 0.0}, "clip is a norm above 0, or None for no limit; got 0.0"),
            ({"display": "pretty"}, "display is one of .*standardised.*; got 'pretty'"),
        ],
    )
    def test_refuses(self, change, sentence):
        values = {field.name: getattr(BOOK, field.name) for field in dataclasses.fields(BOOK)}
        with pytest.raises(ValueError, match=sentence):
            Recipe(**(values | change))


class TestFind:
    def test_by_name_or_itself(self):
        assert find_recipe("lucid") is LUCID
        assert find_recipe(BOOK) is BOOK

    def test_an_unknown_one(self):
        with pytest.raises(ValueError, match="no recipe 'Lucidd'; did you mean 'lucid'"):
            find_recipe("Lucidd")
        with pytest.raises(ValueError, match="no recipe 'x'; there are book, fast, optvis"):
            find_recipe("x")
