import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.patterns.ascent import Ascent, DivergedError
from convnet_widgets.core.patterns.objectives import Channel, Diversity, Objective, Output
from convnet_widgets.core.patterns.optimisers import Adam, NormalisedGradient
from convnet_widgets.core.patterns.parameterisations import Fourier, GreyNoise
from convnet_widgets.core.patterns.recipes import RECIPES, Recipe
from convnet_widgets.core.patterns.regularisers import L2
from convnet_widgets.core.patterns.transforms import Jitter, Rotate

KERNELS = np.random.default_rng(0).normal(0, 0.1, (3, 3, 2, 4)).astype("float32")
PLAIN = Recipe("plain", GreyNoise(), NormalisedGradient(1.0), 3, 8, "bounded")
FIRST = Channel("conv", 0)
MOVING = dataclasses.replace(
    PLAIN,
    parameterisation=Fourier(),
    optimiser=Adam(0.05),
    transforms=(Jitter(2), Rotate((-9.0, 9.0))),
    draws=2,
)


def convolution(images, redirected=False):  # noqa: ARG001
    """A convolution with zero padding, ReLU and another of stride 2."""
    maps = tf.nn.relu(tf.nn.conv2d(images - 138, KERNELS, 1, "SAME"))
    return {
        "conv": tf.nn.conv2d(maps, tf.reverse(tf.transpose(KERNELS, [0, 1, 3, 2]), [2]), 2, "SAME")
    }


def double(images, redirected=False):  # noqa: ARG001
    return {"double": 2 * images}


def run(recipe=PLAIN, objective=FIRST, shape=(3, 8, 8, 2), network=convolution, **keys):
    return list(Ascent(network, objective, recipe, shape, **keys).steps())


def changed(recipe=PLAIN, **changes):
    return dataclasses.replace(recipe, **changes)


class Wrong(Objective):
    layers = ("double",)

    def __call__(self, outputs):
        return outputs["double"][..., 0]


class TestStep:
    def test_of_a_score_with_a_known_gradient(self):
        """The gradient of the mean of a channel is the same for all its pixels, none elsewhere."""
        steps = run(objective=Channel("double", 1), network=double)
        assert [step.number for step in steps] == [0, 1, 2, 3]
        for before, after in pairwise(steps):
            change = after.images - before.images
            np.testing.assert_allclose(change[..., 0], 0)
            np.testing.assert_allclose(change[..., 1], np.sqrt(2), rtol=1e-3)
        for step in steps:
            means = 2 * step.images[..., 1].mean((1, 2))
            np.testing.assert_allclose(step.objective, means, rtol=1e-5)

    def test_starts_where_the_parameterisation_says(self):
        expected = GreyNoise().start((1, 8, 8, 2), np.random.default_rng([5, 1]))
        np.testing.assert_array_equal(run(seed=5)[0].images[1], expected[0])

    @pytest.mark.parametrize("recipe", [PLAIN, MOVING], ids=["plain", "moving"])
    def test_climbs(self, recipe):
        steps = run(changed(recipe, steps=12))
        assert (steps[-1].objective > steps[0].objective).all()

    @pytest.mark.parametrize("recipe", [PLAIN, MOVING], ids=["plain", "moving"])
    def test_the_last_is_scored_without_transforms(self, recipe):
        last = run(recipe)[-1]
        expected = convolution(tf.constant(last.images))["conv"][..., 0].numpy().mean((1, 2))
        np.testing.assert_allclose(last.objective, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("recipe", [PLAIN, MOVING], ids=["plain", "moving"])
class TestSeed:
    def test_the_same_call_gives_the_same_bytes(self, recipe):
        first, again, other = (run(recipe, seed=seed) for seed in (4, 4, 5))
        for one, two in zip(first, again, strict=True):
            assert one.images.tobytes() == two.images.tobytes()
            assert one.objective.tobytes() == two.objective.tobytes()
        assert not np.allclose(first[0].images, other[0].images)

    def test_an_image_does_not_depend_on_the_others(self, recipe):
        together = run(recipe, members=(7, 3, 9))[-1].images
        alone = run(recipe, shape=(1, 8, 8, 2), members=(3,))[-1].images
        np.testing.assert_allclose(together[1], alone[0], atol=2e-3)
        assert not np.allclose(together[0], together[1], atol=1)

    def test_the_global_random_state_stays(self, recipe):
        tf.random.set_seed(3)
        expected = tf.random.uniform([3]).numpy()
        tf.random.set_seed(3)
        np.random.seed(3)  # noqa: NPY002
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        run(recipe)
        np.testing.assert_array_equal(tf.random.uniform([3]), expected)
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


class TestRecipe:
    def test_steps_and_nothing_runs_between(self):
        calls = []

        class Counted(NormalisedGradient):
            def change(self, *arguments):
                calls.append(arguments)
                return super().change(*arguments)

        recipe = changed(optimiser=Counted())
        steps = Ascent(convolution, Channel("conv", 0), recipe, (1, 8, 8, 2)).steps()
        assert not calls
        assert [next(steps).number, next(steps).number] == [0, 1]
        assert len(calls) == 2

    def test_redirected_steps_come_first(self):
        def network(images, redirected=False):
            return {"double": (3.0 if redirected else 1.0) * images}

        recipe = changed(redirected_steps=2)
        steps = run(recipe, Channel("double", 0), network=network)
        shares = [step.objective[0] / step.images[0, ..., 0].mean() for step in steps]
        np.testing.assert_allclose(shares, [3, 3, 1, 1], rtol=1e-5)

    def test_the_margin_is_cut_off_and_does_not_count(self):
        seen = []

        def network(images, redirected=False):  # noqa: ARG001
            seen.append(tuple(images.shape))
            return {"double": 2 * images}

        start, *_, last = run(changed(margin=3), Channel("double", 0), network=network)
        assert set(seen) == {(3, 14, 14, 2)}
        assert start.images.shape == (3, 8, 8, 2)
        change = last.values - start.values
        assert not change[:, :3].any()
        assert not change[:, :, -3:].any()
        assert (change[:, 3:-3, 3:-3, 0] > 1).all()
        np.testing.assert_allclose(last.images, last.values[:, 3:-3, 3:-3])
        np.testing.assert_allclose(last.objective, 2 * last.images[..., 0].mean((1, 2)), rtol=1e-5)

    def test_a_margin_counts_in_places_of_the_layer(self):
        ascent = Ascent(double, Channel("double", 0), changed(margin=8), (2, 16, 24, 1))
        kept = ascent._interior(tf.zeros([2, 8, 10, 5]))
        assert kept.shape == (2, 4, 6, 5)
        assert ascent._interior(tf.zeros([2, 7])).shape == (2, 7)

    def test_penalties_are_climbed_down_and_not_reported(self):
        grey = changed(regularisers=(L2(1e9),), steps=1)
        start, last = run(grey, Channel("double", 0), network=double)
        np.testing.assert_allclose(
            start.objective, 2 * start.images[..., 0].mean((1, 2)), rtol=1e-5
        )
        assert np.abs(last.images - 127.5).mean() < np.abs(start.images - 127.5).mean()

    def test_the_gradient_of_each_image_is_clipped(self):
        class Bare(NormalisedGradient):
            def change(self, gradient, slots, number):  # noqa: ARG002
                return gradient, slots

        # 2 / 64 at 64 pixels: a norm of 1 / 4
        free, clipped = (
            run(changed(optimiser=Bare(), clip=clip, steps=1), Channel("double", 0), network=double)
            for clip in (None, 0.125)
        )
        moved = [last.values - first.values for first, last in (free, clipped)]
        np.testing.assert_allclose(np.sqrt((moved[0] ** 2).sum((1, 2, 3))), 0.25, rtol=1e-3)
        np.testing.assert_allclose(np.sqrt((moved[1] ** 2).sum((1, 2, 3))), 0.125, rtol=1e-3)

    def test_draws_are_averaged(self):
        """Of many draws of a turn, the mean gradient hardly differs from that of other seeds."""
        far = {}
        for draws in (1, 40):
            recipe = changed(MOVING, parameterisation=GreyNoise(), draws=draws, steps=1)
            recipe = changed(recipe, optimiser=NormalisedGradient(1.0))
            values = Ascent(convolution, Channel("conv", 0), recipe, (1, 8, 8, 2)).start()
            one, two = (
                Ascent(convolution, Channel("conv", 0), recipe, (1, 8, 8, 2), seed)._averaged(
                    tf.constant(values), 0
                )[2]
                for seed in (1, 2)
            )
            far[draws] = float(tf.norm(one - two) / tf.norm(one))
        assert far[40] < far[1] / 2

    @pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
    @pytest.mark.parametrize("channels", [1, 7])
    def test_every_one_takes_any_channels_and_stays_finite(self, recipe, channels):
        def network(images, redirected=False):  # noqa: ARG001
            return {"blur": tf.nn.avg_pool2d(images, 3, 2, "SAME")}

        recipe = changed(recipe, steps=2, draws=min(recipe.draws, 2))
        *_, last = run(recipe, Channel("blur", 0), (2, 9, 12, channels), network)
        assert last.images.shape == (2, 9, 12, channels)
        if recipe.display == "bounded":
            assert last.images.min() >= 0
            assert last.images.max() <= 255


class TestRefuses:
    @pytest.mark.parametrize(
        ("keys", "sentence"),
        [
            ({"shape": (2, 8, 8)}, r"expected a shape \(images, .*got \(2, 8, 8\)"),
            ({"shape": (0, 8, 8, 1)}, r"numbers from 1, got \(0, 8, 8, 1\)"),
            ({"members": (1, 2)}, "a member for each of 3 images, got 2"),
            ({"seed": -1}, "seed is a whole number, at least 0; got -1"),
        ],
    )
    def test_at_once(self, keys, sentence):
        with pytest.raises(ValueError, match=sentence):
            Ascent(convolution, Channel("conv", 0), PLAIN, **({"shape": (3, 8, 8, 2)} | keys))

    def test_an_objective_of_the_wrong_shape(self):
        with pytest.raises(ValueError, match=r"shape \(3,\); .*Wrong.* gave \(3, 8, 8\)"):
            run(objective=Wrong(), network=double)

    def test_an_objective_without_a_gradient(self):
        with pytest.raises(ValueError, match="do not depend on the images; give an objective"):
            run(objective=Output(lambda _: tf.zeros([3])), network=lambda x, _: {"": x})

    def test_an_objective_that_compares_is_no_mistake(self):
        assert len(run(objective=Diversity("double"), network=double)) == 4


class TestDivergence:
    @staticmethod
    def bounded(limit):
        def network(images, redirected=False):  # noqa: ARG001
            return {"root": tf.sqrt(limit - images)}

        return network

    def test_keeps_the_last_good_pictures(self):
        # pixels of one channel grow by √2 · 10 at a step, and have no root beyond 40
        start, moves = GreyNoise(0.0, 1.0), NormalisedGradient(10.0)
        recipe = changed(parameterisation=start, optimiser=moves, steps=9)
        seen = []
        ascent = Ascent(self.bounded(40.0), -Channel("root", 0), recipe, (2, 8, 8, 2))
        with pytest.raises(DivergedError, match="not finite at step 3; .* kept in .last") as caught:
            seen.extend(ascent.steps())
        assert caught.value.step == 3
        assert caught.value.last is seen[-1]
        assert seen[-1].number == 2
        assert np.isfinite(seen[-1].images).all()

    def test_at_the_start(self):
        with pytest.raises(
            DivergedError, match=r"images \[0, 1, 2\].*step 0; .*NaN in the weights"
        ) as caught:
            run(objective=Channel("root", 0), network=self.bounded(-1.0))
        assert caught.value.last is None
