import dataclasses
from itertools import groupby, pairwise

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.patterns import requests
from convnet_widgets.core.patterns.cache import Cache
from convnet_widgets.core.patterns.climbing import climb
from convnet_widgets.core.patterns.cut_network import CutNetwork
from convnet_widgets.core.patterns.displaying import displayable
from convnet_widgets.core.patterns.filter_patterns import ascend_filters, filter_patterns
from convnet_widgets.core.patterns.optimisers import NormalisedGradient
from convnet_widgets.core.patterns.parameterisations import Fourier, GreyNoise
from convnet_widgets.core.patterns.recipes import Recipe

PLAIN = Recipe(
    *("plain", GreyNoise(), NormalisedGradient(4.0), 3, 12, "standardised"), preprocessed=False
)
HELPED = dataclasses.replace(PLAIN, steps=12, display="bounded")


def units(*weights_and_biases, activation="relu"):
    """A network of 1 × 1 filters, of these weights for all colours alike."""
    image = keras.Input((None, None, 3))
    layer = layers.Conv2D(len(weights_and_biases), 1, activation=activation, name="units")
    model = keras.Model(image, layer(image), name="units")
    weights, biases = np.array(weights_and_biases, "float32").T
    layer.set_weights([np.ones((1, 1, 3, 1), "float32") * weights, biases])
    return model


def asked(net, layer, filters=None, recipe=PLAIN):
    return requests.requested(net, layer, filters, recipe, None, None, 0, "float32")


@pytest.fixture
def traced(monkeypatch):
    """Every pass through a network that is compiled: whether redirected, and before activation."""
    passes, call = [], CutNetwork.__call__

    def noted(self, images, redirected=False, filters=None):
        passes.append((redirected, self.pre_activation))
        return call(self, images, redirected, filters)

    monkeypatch.setattr(CutNetwork, "__call__", noted)
    return passes


class TestItems:
    def test_go_round_all_batches_before_the_next_step(self, monkeypatch):
        monkeypatch.setattr(requests, "_BATCH", 2)
        first, *items = climb(asked(kinds.functional(), "conv2", [3, 0, 2]))
        assert (first.filters, first.step.number, first.status) == ((3, 0, 2), 0, None)
        assert np.isnan(first.step.objective).all()
        found = [(item.filters, item.step.number) for item in items]
        assert found == [(part, number) for number in range(4) for part in ((3, 0), (2,))]
        assert [item.status is None for item in items] == [True] * 6 + [False] * 2

    def test_the_first_comes_before_anything_is_compiled(self, traced):
        items = climb(asked(kinds.functional(), "conv2", recipe="lucid"))
        start = next(items)
        assert not traced
        assert start.step.images.shape == (5, 128, 128, 3)
        following = next(items)
        assert traced == [(True, False)]
        np.testing.assert_allclose(start.ahead, following.step.images, atol=1e-3)

    @pytest.mark.parametrize("parameterisation", [GreyNoise(), Fourier()])
    def test_scores_are_of_their_images_and_the_next_images_are_known(self, parameterisation):
        net = kinds.functional()
        recipe = dataclasses.replace(PLAIN, parameterisation=parameterisation)
        _, *items = climb(asked(net, "conv2", [3, 0], recipe))
        for item, following in pairwise(items):
            np.testing.assert_allclose(item.ahead, following.step.images, rtol=1e-5)
        for item in items:
            maps = cw.feature_maps(net, item.step.images, "conv2")["conv2"]
            expected = maps[[0, 1], ..., [3, 0]].mean((1, 2))
            np.testing.assert_allclose(item.step.objective, expected, rtol=1e-3)
            shown = displayable(item.ahead, "standardised")
            np.testing.assert_array_equal(item.pictures, shown)
        assert not np.array_equal(items[0].ahead, items[0].step.images)
        np.testing.assert_array_equal(items[-1].ahead, items[-1].step.images)

    @pytest.mark.parametrize("layer", ["bn1", "relu2", "head"])
    def test_scores_of_layers_that_are_no_convolution(self, layer):
        net = kinds.functional()
        _, *items = climb(asked(net, layer, [2, 0], dataclasses.replace(PLAIN, helped=False)))
        assert {item.filters for item in items[:3]} == {(2, 0)}
        for item in items:
            maps = cw.feature_maps(net, item.step.images, layer)[layer]
            expected = [maps[row, ..., one].mean() for row, one in enumerate(item.filters)]
            np.testing.assert_allclose(item.step.objective, expected, rtol=1e-3, atol=1e-4)

    def test_end_as_filter_patterns_and_the_bare_ascent(self):
        net = kinds.functional()
        *_, last = climb(asked(net, "conv2", [3, 0]))
        patterns = filter_patterns(net, "conv2", [3, 0], PLAIN, cache=False, precision="float32")
        *_, bare = ascend_filters(net, "conv2", [3, 0], PLAIN, precision="float32")
        assert last.status == patterns.status == ("ok", "ok")
        for step in (last.step, bare):
            np.testing.assert_array_equal(step.pictures, patterns.images)
            np.testing.assert_array_equal(step.objective, patterns.activations)

    def test_filters_named_twice_come_once(self):
        *_, last = climb(asked(kinds.functional(), "conv2", [2, 0, 2]))
        assert last.filters == (2, 0)


class TestBareAscent:
    def test_gives_whole_steps_of_all_filters(self, monkeypatch):
        net = kinds.functional()
        together = list(ascend_filters(net, "conv2", [4, 1, 4, 0], PLAIN))
        monkeypatch.setattr(requests, "_BATCH", 3)
        apart = list(ascend_filters(net, "conv2", [4, 1, 4, 0], PLAIN))
        assert [step.number for step in apart] == [0, 1, 2, 3]
        for one, other in zip(together, apart, strict=True):
            np.testing.assert_allclose(one.images, other.images, atol=1e-2)
            np.testing.assert_allclose(one.objective, other.objective, rtol=1e-3, atol=1e-4)
            np.testing.assert_array_equal(other.pictures[0], other.pictures[2])
            assert other.pictures.dtype == np.uint8


class TestCompiled:
    def test_is_each_pass_once_for_all_batches_and_all_help(self, traced, monkeypatch):
        monkeypatch.setattr(requests, "_BATCH", 2)
        net = units((0.01, 0), (0.01, -5), (0, -1), (-1, -50), (0.01, -1))
        recipe = dataclasses.replace(HELPED, redirected_steps=3)
        statuses = filter_patterns(net, "units", recipe=recipe, cache=False).status
        assert statuses == ("ok", "helped", "silent", "silent", "ok")
        plain, redirected, score = (False, False), (True, False), (False, False)
        before = [(True, True), (False, True)]  # the redirected steps, and the score at the end
        assert traced == [redirected, plain, score, *before]

    def test_a_batch_is_as_large_as_memory_allows(self, monkeypatch):
        request = asked(kinds.functional(), "conv2")
        assert request.ascent((0,)).memory > 12 * 12 * 3 * 4 + 10 * 10 * (4 + 5) * 4
        monkeypatch.setattr(requests, "_MEMORY", request.ascent((0, 1, 2, 3)).memory - 1)
        _, *items = climb(request)
        assert [item.filters for item in items[:2]] == [(0, 1, 2), (3, 4)]
        monkeypatch.setattr(requests, "_MEMORY", 1)
        assert [part for part, _ in request.rounds((3, 1))][:2] == [(3,), (1,)]

    @pytest.mark.parametrize("recipe", ["fast", "lucid", "maco"])
    def test_memory_is_known_whatever_the_transforms(self, recipe):
        """The network alone holds so much of an image, forward and backward."""
        request = asked(kinds.functional(), "conv2", [0], recipe)
        side = 128 if recipe != "fast" else 64
        assert request.ascent((0,)).memory > 2 * side * side * 4 * 4

    def test_is_of_a_number_of_images_where_a_network_asks_for_that(self, traced, monkeypatch):
        class Counting(keras.Model):
            def __init__(self):
                super().__init__(name="counting")
                self.conv1 = layers.Conv2D(4, 3, activation="relu", name="conv1")
                self.conv2 = layers.Conv2D(5, 3, name="conv2")

            def call(self, x):
                maps = self.conv1(x)
                count, *sides = maps.shape
                flat = keras.ops.reshape(maps, (count, sides[0] * sides[1], sides[2]))
                return self.conv2(keras.ops.reshape(flat, (count, *sides)))

        net = Counting()
        net(kinds.RGB())
        kinds.seeded(net)
        together = filter_patterns(net, "conv2", None, PLAIN, cache=False)
        assert len(traced) == 2
        monkeypatch.setattr(requests, "_BATCH", 2)
        apart = filter_patterns(net, "conv2", None, PLAIN, cache=False)
        assert len(traced) == 2 + 2 * 2  # batches of two and of one
        assert np.abs(apart.images.astype(int) - together.images).max() <= 1


class TestHelp:
    NET = units((0.01, 0), (0.01, -5), (0, -1), (-1, -50))

    def test_is_for_the_blank_alone_and_comes_last(self):
        _, *items = climb(asked(self.NET, "units", recipe=HELPED))
        rows = [(item.attempt, item.filters) for item in items]
        assert [row for row, _ in groupby(rows)] == [
            *((0, (0, 1, 2, 3)), (0, (0,)), (0, (1, 2, 3))),
            *((1, (1, 2, 3)), (1, (1,)), (1, (2, 3))),
            (0, (2, 3)),
        ]
        finished = {item.filters: item.status for item in items if item.status}
        assert finished == {(0,): ("ok",), (1,): ("helped",), (2, 3): ("silent", "silent")}

    def test_what_stays_blank_ends_as_it_was_without(self):
        *items, last = climb(asked(self.NET, "units", [2, 3], HELPED))
        plain = next(item for item in items if item.step.number == HELPED.steps)
        np.testing.assert_array_equal(last.step.images, plain.step.images)
        np.testing.assert_array_equal(last.step.objective, [0, 0])

    def test_reads_before_the_activation_for_longer_and_unsmoothed(self):
        recipe = dataclasses.replace(HELPED, optimiser=NormalisedGradient(4.0, 0.5, smooth=True))
        tried = asked(self.NET, "units", recipe=recipe).patient().recipe
        assert (tried.pre_activation, tried.steps, tried.redirected_steps) == (True, 12, 12)
        assert tried.optimiser == NormalisedGradient(6.0, 0.5, smooth=False)
        tried = asked(self.NET, "units", recipe="lucid").patient().recipe
        assert (tried.pre_activation, tried.steps, tried.redirected_steps) == (True, 512, 32)

    def test_is_not_given_where_the_recipe_says_so(self):
        request = asked(self.NET, "units", recipe="book")
        assert (request.patient(), request.finer()) == (None, None)

    def test_can_be_stopped_and_gone_on_with(self, traced):
        items = climb(asked(self.NET, "units", recipe=HELPED))
        item = next(item for item in items if item.attempt == 1)
        seen = len(traced)
        assert item.step.number == 0
        assert next(items).step.number == 1
        assert len(traced) == seen


class TestCache:
    def test_what_is_kept_comes_first_and_the_rest_is_made(self, tmp_path, traced):
        net, cache = kinds.functional(), Cache(tmp_path)
        *_, made = climb(asked(net, "conv2", [3, 0]), cache)
        traced.clear()
        kept, start, *_, last = climb(asked(net, "conv2", [0, 1, 3]), cache)
        assert (kept.filters, kept.status) == ((0, 3), ("ok", "ok"))
        assert (kept.step.number, start.filters, last.filters) == (3, (1,), (1,))
        np.testing.assert_array_equal(kept.step.images, made.step.images[::-1])
        np.testing.assert_array_equal(kept.pictures, made.pictures[::-1])
        np.testing.assert_array_equal(kept.step.objective, made.step.objective[::-1])
        traced.clear()
        (only,) = climb(asked(net, "conv2", [1, 0]), cache)
        assert only.filters == (1, 0)
        assert not traced

    def test_only_finished_patterns_are_kept(self, tmp_path):
        net, cache = kinds.functional(), Cache(tmp_path)
        items = climb(asked(net, "conv2", [3, 0]), cache)
        while next(items).step.number < 2:
            assert not list(tmp_path.rglob("*.npz"))
        items.close()
        assert not list(tmp_path.rglob("*.npz"))


class TestDivergence:
    """The second filter has no root beyond 40; each step adds 30 to the sum of the colours."""

    NET = units((0.01, 0), (1, 0), activation=lambda x: -tf.sqrt(40 - x))
    FAR = dataclasses.replace(
        PLAIN, parameterisation=GreyNoise(0.0, 1.0), optimiser=NormalisedGradient(10.0)
    )

    @pytest.mark.parametrize("batch", [1, 2])
    def test_leaves_the_last_good_pictures_of_all_filters(self, batch, monkeypatch):
        monkeypatch.setattr(requests, "_BATCH", batch)
        sentence = r"the filters \[1\] .* not finite at step 2; .* kept in .last"
        items = []
        with pytest.raises(cw.DivergedError, match=sentence) as caught:
            items.extend(climb(asked(self.NET, "units", recipe=self.FAR)))
        last = caught.value.last
        assert (caught.value.step, last.number, last.images.shape) == (2, 1, (2, 12, 12, 3))
        assert np.isfinite(last.images).all()
        np.testing.assert_allclose(last.images[1].mean(), 10.5, atol=0.2)

    def test_is_told_by_filter_patterns_and_the_bare_ascent(self):
        with pytest.raises(cw.DivergedError, match="at step 2") as caught:
            filter_patterns(self.NET, "units", [1, 0], self.FAR, cache=False)
        assert caught.value.last.pictures.shape == (2, 12, 12, 3)
        steps = []
        with pytest.raises(cw.DivergedError, match=r"filters \[1\]") as caught:
            steps.extend(ascend_filters(self.NET, "units", [1, 0], self.FAR))
        assert caught.value.last is steps[1]

    def test_images_ahead_that_are_not_finite_are_not_shown(self):
        """The root of 0 has a value, and no gradient."""
        items = climb(asked(units((0.0, 0), activation=tf.sqrt), "units"))
        next(items)
        first = next(items)
        np.testing.assert_array_equal(first.ahead, first.step.images)
        with pytest.raises(cw.DivergedError, match="at step 1") as caught:
            next(items)
        np.testing.assert_array_equal(caught.value.last.images, first.step.images)
