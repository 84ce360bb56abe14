import dataclasses
import errno
import os

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.patterns import cache as cache_module
from convnet_widgets.core.patterns import requests
from convnet_widgets.core.patterns.cache import Cache, CacheWarning
from convnet_widgets.core.patterns.filter_patterns import ascend_filters, filter_patterns
from convnet_widgets.core.patterns.optimisers import NormalisedGradient
from convnet_widgets.core.patterns.parameterisations import GreyNoise
from convnet_widgets.core.patterns.recipes import RECIPES, Recipe
from convnet_widgets.core.patterns.requests import requested

PLAIN = Recipe(
    *("plain", GreyNoise(), NormalisedGradient(4.0), 3, 12, "bounded"),
    margin=2,
    precision="float32",  # by default the one that this processor is faster in
)
WHOLE = dataclasses.replace(PLAIN, margin=0, preprocessed=False)


def units(*weights_and_biases):
    """A network of 1 × 1 filters, of these weights for all colours alike, and ReLU."""
    image = keras.Input((None, None, 3))
    layer = layers.Conv2D(len(weights_and_biases), 1, activation="relu", name="units")
    model = keras.Model(image, layers.MaxPooling2D(name="pool")(layer(image)), name="units")
    weights, biases = np.array(weights_and_biases, "float32").T
    layer.set_weights([np.ones((1, 1, 3, 1), "float32") * weights, biases])
    return model


class TestBook:
    def test_is_the_published_algorithm(self):
        """The listing on a submodel, one filter at a time, from the same start."""
        net = cw.load_model("VGG16", weights="hed", include_top=False)
        steps = list(ascend_filters(net, "block3_conv1", [4, 12], "book", size=48))
        assert len(steps) == 41
        model = keras.Model(net.model.inputs, net.model.get_layer("block3_conv1").output)
        for place, filter_index in enumerate([4, 12]):

            @tf.function
            def loss_and_gradient(image, filter_index=filter_index):
                with tf.GradientTape() as tape:
                    tape.watch(image)
                    loss = tf.reduce_mean(model(image)[:, :, :, filter_index])
                gradient = tape.gradient(loss, image)
                return loss, gradient / (tf.sqrt(tf.reduce_mean(tf.square(gradient))) + 1e-5)

            image = tf.constant(steps[0].images[place : place + 1])
            assert 128 <= float(tf.reduce_min(image)) < float(tf.reduce_max(image)) < 148
            for step in steps[:-1]:
                loss, gradient = loss_and_gradient(image)
                assert step.objective[place] == pytest.approx(float(loss), rel=1e-3)
                image += gradient * 1.0
            np.testing.assert_allclose(steps[-1].images[place], image[0], rtol=1e-3)

    def test_keeps_what_it_does_not_find(self):
        patterns = filter_patterns(units((1, 0), (0.01, -5)), 1, recipe="book", size=8)
        assert patterns.status == ("ok", "silent")
        assert patterns.recipe.precision == "float32"


class TestActivations:
    @pytest.mark.parametrize(
        "kind",
        ["functional", "sequential", "nested", "nested twice", "subclassed", "grey", "seven bands"],
    )
    def test_are_means_of_the_channels_on_any_network(self, kind):
        make, _, layer = kinds.KINDS[kind]
        net = make()
        *_, last = ascend_filters(net, layer, [3, 0], WHOLE)
        patterns = filter_patterns(net, layer, [3, 0], WHOLE, cache=False)
        assert patterns.images.shape == last.images.shape
        np.testing.assert_array_equal(patterns.images, np.clip(last.images.round(), 0, 255))
        maps = cw.feature_maps(net, last.images, layer)[patterns.layer]
        expected = maps[[0, 1], ..., [3, 0]].mean((1, 2))
        np.testing.assert_allclose(patterns.activations, expected, rtol=1e-3, atol=1e-4)

    def test_go_through_the_preprocessing(self):
        net = cw.VisionModel(units((1, 0)), preprocess=lambda x: x / 10)
        *_, last = ascend_filters(net, 1, 0, PLAIN)
        assert last.objective[0] == pytest.approx(last.images.mean() * 3 / 10, rel=1e-3)
        *_, raw = ascend_filters(net, 1, 0, WHOLE)
        assert raw.objective[0] == pytest.approx(raw.images.mean() * 3, rel=1e-3)


class TestHelp:
    NET = units((0.01, 0), (0.01, -5), (0, -1), (-1, -50))

    def test_units_that_do_not_fire_are_helped_or_reported(self):
        patterns = filter_patterns(self.NET, "units", recipe=WHOLE, steps=12)
        assert patterns.status == ("ok", "helped", "silent", "silent")
        assert (patterns.activations[:2] > 0).all()
        assert (patterns.activations[2:] == 0).all()
        assert patterns.images[1].sum(axis=-1, dtype=int).max() > 500  # where the unit fires
        assert "1 helped, 2 silent" in repr(patterns)

    def test_before_the_activation_where_gradients_cannot_be_redirected(self):
        model = units((0.01, 0), (0.01, -5))
        model.get_layer("units").activation = keras.activations.hard_sigmoid
        model.get_layer("units").set_weights(
            [np.full((1, 1, 3, 2), 0.01, "float32"), np.array([-3.0, -9.0], "float32")]
        )
        patterns = filter_patterns(model, "units", recipe=WHOLE, steps=30, cache=False)
        assert patterns.status == ("ok", "helped")
        assert patterns.images[1].mean() > 200
        # behind the activation, though the ascent read before it
        assert 0 < patterns.activations[1] <= 1

    def test_units_that_large_steps_miss_get_smaller_ones(self):
        """A bump of width 10 about the start, that a step of 40 leaves."""
        image = keras.Input((None, None, 3))
        bump = layers.Conv2D(1, 1, activation=lambda x: tf.exp(-tf.square(x / 30)), name="bump")
        model = keras.Model(image, bump(image))
        bump.set_weights([np.ones((1, 1, 3, 1), "float32"), np.array([-450.0], "float32")])
        far = dataclasses.replace(WHOLE, optimiser=NormalisedGradient(40.0), steps=1)
        unhelped = dataclasses.replace(far, helped=False)
        assert filter_patterns(model, "bump", 0, unhelped, cache=False).status == ("weaker",)
        patterns = filter_patterns(model, "bump", 0, far, cache=False)
        assert patterns.status == ("helped",)
        assert 0.1 < patterns.activations[0] <= 1

    def test_status_is_kept_on_disk(self):
        first, again = (filter_patterns(self.NET, 1, recipe=WHOLE, steps=12) for _ in range(2))
        assert first.status == again.status


class TestBatches:
    MOVING = dataclasses.replace(RECIPES["lucid"], steps=4, size=16)

    @pytest.mark.parametrize("recipe", [PLAIN, MOVING], ids=["plain", "moving"])
    def test_pictures_do_not_depend_on_the_batch(self, recipe, monkeypatch):
        net = kinds.functional()
        together = filter_patterns(net, "conv2", None, recipe, cache=False)
        monkeypatch.setattr(requests, "_BATCH", 2)
        apart = filter_patterns(net, "conv2", None, recipe, cache=False)
        assert np.abs(apart.images.astype(int) - together.images).max() <= 1
        np.testing.assert_allclose(apart.activations, together.activations, rtol=1e-3)
        assert apart.status == together.status

    def test_any_order_and_repeats(self):
        net = kinds.functional()
        patterns = filter_patterns(net, "conv1", [2, 0, 2], PLAIN, cache=False)
        np.testing.assert_array_equal(patterns.images[0], patterns.images[2])
        alone = filter_patterns(net, "conv1", 0, PLAIN, cache=False)
        assert np.abs(alone.images[0].astype(int) - patterns.images[1]).max() <= 1


class TestSeed:
    def test_the_same_call_gives_the_same_bytes(self):
        net = kinds.functional()
        first, again, other = (
            filter_patterns(net, "conv2", [1, 4], "fast", size=16, seed=seed, cache=False)
            for seed in (0, 0, 1)
        )
        assert first.images.tobytes() == again.images.tobytes()
        assert first.activations.tobytes() == again.activations.tobytes()
        assert not np.array_equal(first.images, other.images)

    def test_the_network_is_not_changed(self):
        net = kinds.functional()
        before = [weight.numpy() for weight in net.weights]
        held = [dict(vars(layer)) for layer in net.layers]
        filter_patterns(net, "conv2", [1], "lucid", size=16, steps=2, cache=False)
        for weight, value in zip(net.weights, before, strict=True):
            np.testing.assert_array_equal(weight.numpy(), value)
        assert [dict(vars(layer)) for layer in net.layers] == held
        assert net.losses == []


class TestCache:
    def test_the_second_request_computes_nothing(self, monkeypatch, tmp_path):
        net, cache = kinds.functional(), Cache(tmp_path)
        first = filter_patterns(net, "conv2", [0, 3], PLAIN, cache=cache)
        with monkeypatch.context() as patched:
            patched.setattr(requests.Request, "rounds", None)
            again = filter_patterns(net, "conv2", [3, 0], PLAIN, cache=cache)
        np.testing.assert_array_equal(again.images[::-1], first.images)
        np.testing.assert_array_equal(again.activations[::-1], first.activations)
        net.get_layer("conv2").bias.assign_add(np.ones(5))
        changed = filter_patterns(net, "conv2", [0, 3], PLAIN, cache=cache)
        np.testing.assert_allclose(changed.activations, first.activations + 1, rtol=1e-4)

    def test_an_entry_that_is_damaged_is_made_anew(self, tmp_path):
        net, cache = kinds.functional(), Cache(tmp_path)
        first = filter_patterns(net, "conv2", [0, 3], PLAIN, cache=cache)
        whole = {path: path.read_bytes() for path in tmp_path.rglob("*.npz")}
        for path, data in whole.items():
            path.write_bytes(data[:-40])
        again = filter_patterns(net, "conv2", [0, 3], PLAIN, cache=cache)
        np.testing.assert_array_equal(again.images, first.images)
        assert {path: path.read_bytes() for path in tmp_path.rglob("*.npz")} == whole

    def test_a_full_disk_is_no_error(self, tmp_path, monkeypatch):
        def full(*_, **__):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        net = kinds.functional()
        expected = filter_patterns(net, "conv2", [0, 3], PLAIN, cache=False)
        monkeypatch.setattr(cache_module.tempfile, "mkstemp", full)
        with pytest.warns(CacheWarning, match="No space left"):
            patterns = filter_patterns(net, "conv2", [0, 3], PLAIN, cache=Cache(tmp_path))
        np.testing.assert_array_equal(patterns.images, expected.images)

    def test_none_is_touched_if_not_asked_for(self, cache_home):
        filter_patterns(kinds.functional(), "conv1", 0, PLAIN, cache=False)
        assert not list(cache_home.rglob("*.npz"))


class TestPatterns:
    def test_say_how_they_were_made(self):
        patterns = filter_patterns(units((1, 0)), 1, 0, "fast", size=16, steps=2, seed=3)
        assert (patterns.size, patterns.steps, patterns.seed, patterns.layer) == (16, 2, 3, "units")
        assert patterns.filters == (0,)
        assert patterns.recipe.precision in ("float32", "bfloat16")
        assert patterns.caption == (
            "units · weights: as given · units · recipe fast, 2 steps, seed 3, "
            f"{patterns.recipe.precision}"
        )
        assert repr(patterns) == f"Patterns(1 of 16 × 16 · {patterns.caption})"

    def test_are_saved_with_their_recipe(self, tmp_path):
        patterns = filter_patterns(units((1, 0), (0, -1)), 1, recipe=WHOLE)
        patterns.save(tmp_path / "units.npz")
        with np.load(tmp_path / "units.npz") as file:
            np.testing.assert_array_equal(file["images"], patterns.images)
            np.testing.assert_array_equal(file["activations"], patterns.activations)
            assert file["status"].tolist() == ["ok", "silent"]
            assert file["filters"].tolist() == [0, 1]
            assert str(file["recipe"]) == repr(patterns.recipe)
            assert str(file["caption"]) == patterns.caption
        with pytest.raises(ValueError, match="saved as .npz, got .*units.png'; PatternViewer.save"):
            patterns.save(tmp_path / "units.png")


class TestRefuses:
    @pytest.mark.parametrize(
        ("arguments", "error", "sentence"),
        [
            ({"layer": "conv3"}, cw.LayerNotFoundError, "'conv3'.*(conv2.*conv1|conv1.*conv2)"),
            ({"filters": [5]}, IndexError, "no filter 5: .* 'conv2' run from 0 to 4"),
            ({"filters": []}, ValueError, "at least one, or None for all"),
            ({"filters": 1.5}, TypeError, r"filters are whole numbers, from 0; got \[1.5\]"),
            ({"filters": [0, "1"]}, TypeError, r"whole numbers, from 0; got \[0, '1'\]"),
            ({"recipe": "fats"}, ValueError, "no recipe 'fats'; did you mean 'fast'"),
            ({"steps": 0}, ValueError, "steps is a whole number, at least 1; got 0"),
            ({"size": 0}, ValueError, "size is a whole number, at least 1; got 0"),
            ({"size": 2, "recipe": WHOLE}, ValueError, "at least 3 × 3 pixels, got 2 × 2"),
            ({"net": kinds.one_dimensional(), "layer": "conv1"}, ValueError, "takes no images"),
            ({"seed": -1}, ValueError, "seed is a whole number, at least 0; got -1"),
            ({"filters": [True, False]}, TypeError, r"got \[True, False\]; np.flatnonzero"),
            ({"filters": True}, TypeError, r"whole numbers, from 0; got \[True\]"),
        ],
    )
    def test_bad_input(self, arguments, error, sentence):
        with pytest.raises(error, match=sentence):
            filter_patterns(**({"net": kinds.functional(), "layer": "conv2"} | arguments))

    @pytest.mark.parametrize("seed", [None, 1.5, True, "7"])
    def test_a_seed_that_is_no_number(self, seed):
        with pytest.raises(ValueError, match="seed is a whole number, at least 0; got"):
            requested(kinds.functional(), "conv2", None, PLAIN, None, None, seed, None)

    def test_weights_that_are_nan(self):
        net = kinds.functional()
        net.get_layer("conv1").bias.assign([np.nan] * 4)
        with pytest.raises(ValueError, match="'bias' of the layer 'conv1' has NaN"):
            filter_patterns(net, "conv2", cache=False)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_embedded_network(recipe):
    net = cw.load_model("EfficientNetLite0")
    followed = dataclasses.replace(RECIPES[recipe], draws=min(RECIPES[recipe].draws, 4))
    patterns = filter_patterns(net, "block2a_expand_activation", [0, 9], followed, 64, 12)
    assert patterns.images.shape == (2, 64, 64, 3)
    assert (patterns.images.std((1, 2, 3)) > 3).all()


def test_the_default_recipe_gives_a_network_what_it_was_trained_on():
    """Noise of 128–148 is far beyond what EfficientNet-Lite0 takes, about −1 to 1."""
    net = cw.load_model("EfficientNetLite0")
    patterns = filter_patterns(net, "block3b_add", [0, 1], size=32, cache=False)
    noise = next(ascend_filters(net, "block3b_add", [0, 1], size=32))
    assert (patterns.activations > noise.objective + 10).all()


def test_a_picture_smaller_than_a_place_of_the_layer_keeps_one_within_its_margin():
    patterns = filter_patterns(kinds.any_size(), "conv2", 0, PLAIN, 1, cache=False)
    assert patterns.images.shape == (1, 1, 1, 3)
    assert np.isfinite(patterns.activations).all()
