import dataclasses

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.patterns.ascending import ascend
from convnet_widgets.core.patterns.objectives import (
    Activity,
    Channel,
    Direction,
    Diversity,
    Neuron,
    Output,
)
from convnet_widgets.core.patterns.optimisers import NormalisedGradient
from convnet_widgets.core.patterns.parameterisations import GreyNoise
from convnet_widgets.core.patterns.recipes import RECIPES, Recipe

PLAIN = Recipe("plain", GreyNoise(), NormalisedGradient(4.0), 3, 12, "bounded", preprocessed=False)
LOGIT = dataclasses.replace(PLAIN, pre_activation=True)


def classifier():
    """Three classes, the probabilities of which are a softmax of the means of three maps."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    maps = layers.Conv2D(3, 3, kernel_initializer="glorot_normal", name="maps")(image)
    means = layers.GlobalAveragePooling2D()(maps)
    classes = layers.Dense(3, "softmax", kernel_initializer="identity", name="classes")
    return keras.Model(image, classes(means), name="classifier")


def last(steps):
    *_, step = steps
    return step


class TestAscend:
    def test_of_a_channel_is_the_ascent_of_its_filter(self):
        net = classifier()
        asked = cw.ascend_filters(net, "maps", [0], PLAIN)
        for step, other in zip(ascend(net, Channel("maps", 0), 1, PLAIN), asked, strict=True):
            assert step.number == other.number
            np.testing.assert_allclose(step.images, other.images, rtol=1e-5)
            np.testing.assert_allclose(step.objective, other.objective, rtol=1e-5)

    def test_of_a_logit_sees_through_the_softmax(self):
        net = classifier()
        step = last(ascend(net, Channel("classes", 1), 2, LOGIT, precision="float32"))
        logits = cw.feature_maps(net, step.images, "maps")["maps"].mean((1, 2))
        np.testing.assert_allclose(step.objective, logits[:, 1], rtol=1e-4)

    def test_of_a_callable_of_what_the_network_returns(self):
        net = classifier()
        seen = last(
            ascend(net, lambda scores: scores[:, 1] - scores[:, 2], 2, PLAIN, precision="float32")
        )
        named = last(
            ascend(
                net,
                Output(lambda scores: scores[:, 1] - scores[:, 2]),
                2,
                PLAIN,
                precision="float32",
            )
        )
        np.testing.assert_array_equal(seen.images, named.images)
        scores = net(seen.images).numpy()
        np.testing.assert_allclose(seen.objective, scores[:, 1] - scores[:, 2], rtol=1e-4)

    def test_of_a_sum_of_objectives_about_two_layers(self):
        net = classifier()
        goal = Activity("maps") + 2 * Channel("classes", 0) - 3 * Neuron("maps", 2, 0, 1)
        step = last(ascend(net, goal, 2, PLAIN))
        maps, classes = cw.feature_maps(net, step.images, ["maps", "classes"]).values()
        expected = (maps**2).mean((1, 2, 3)) + 2 * classes[:, 0] - 3 * maps[:, 0, 1, 2]
        np.testing.assert_allclose(step.objective, expected, rtol=1e-3)

    @pytest.mark.parametrize(
        "goal_of",
        [
            lambda name: Channel(name, 4),
            lambda name: Neuron(name, (1, 0), 2, 3),
            lambda name: Direction(name, (1.0, 0.0, -1.0, 2.0, 0.5)),
            lambda name: Activity(name) + 10 * Diversity(name) - Channel("backbone/conv2", 1),
        ],
    )
    def test_a_unique_name_is_as_good_as_the_path(self, goal_of):
        net = kinds.nested()
        named, whole = (
            last(ascend(net, goal_of(name), 2, PLAIN, kinds.SIZE, precision="float32"))
            for name in ("conv2", "backbone/conv2")
        )
        np.testing.assert_array_equal(named.images, whole.images)
        np.testing.assert_array_equal(named.objective, whole.objective)

    def test_numbers_may_be_those_of_numpy(self):
        net, goal = classifier(), Channel("maps", 0)
        steps = list(ascend(net, goal, 1, PLAIN, np.int16(10), np.int64(2), np.uint8(3)))
        same = list(ascend(net, goal, 1, PLAIN, 10, 2, 3))
        assert len(steps) == 3
        np.testing.assert_array_equal(steps[-1].images, same[-1].images)

    def test_diversity_drives_pictures_apart(self):
        net = classifier()
        alone = last(ascend(net, Channel("maps", 0), 3, PLAIN, steps=8))
        apart = last(ascend(net, Channel("maps", 0) + 1e4 * Diversity("maps"), 3, PLAIN, steps=8))
        assert likeness(net, apart.images) < likeness(net, alone.images) - 0.01

    def test_a_channel_for_each_picture(self):
        net = classifier()
        step = last(ascend(net, Channel("maps", (2, 0)), 2, PLAIN, precision="float32"))
        maps = cw.feature_maps(net, step.images, "maps")["maps"]
        means = maps.mean((1, 2))[[0, 1], [2, 0]]
        np.testing.assert_allclose(step.objective, means, rtol=1e-4)

    def test_of_a_class_makes_a_picture_of_that_class(self):
        net = cw.load_model("EfficientNetLite0")
        recipe = dataclasses.replace(RECIPES["lucid"], pre_activation=True)
        step = last(ascend(net, Channel("predictions", 985), 1, recipe, size=224, steps=12))
        best = cw.predict(net, step.pictures[0])[0][0]
        assert (best.label, best.score > 0.5) == ("daisy", True)


def likeness(net, images):
    """The mean of the cosines between Gram matrices."""
    maps = cw.feature_maps(net, images, "maps")["maps"].reshape(len(images), -1, 3)
    grams = np.stack([one.T @ one for one in maps]).reshape(len(images), -1)
    grams /= np.linalg.norm(grams, axis=1, keepdims=True)
    return (grams @ grams.T)[np.triu_indices(len(images), 1)].mean()


class TestRefused:
    def test_a_layer_that_is_not_there(self):
        with pytest.raises(cw.LayerNotFoundError, match="map.*maps"):
            ascend(classifier(), Channel("map", 0))

    def test_a_channel_that_is_not_there(self):
        with pytest.raises(IndexError, match=r"'maps' has channels 0–2; got \[3\]"):
            next(ascend(classifier(), Channel("maps", 3), 1, PLAIN))

    @pytest.mark.parametrize(
        ("place", "is_there"), [(9, True), (-10, True), (10, False), (-11, False)]
    )
    @pytest.mark.parametrize("margin", [0, 3])
    def test_a_place_outside_of_the_map(self, place, is_there, margin):
        recipe = dataclasses.replace(PLAIN, margin=margin)
        for name, goal in {
            "row": Neuron("maps", 0, place),
            "column": Neuron("maps", 0, 0, place),
        }.items():
            steps = ascend(classifier(), goal, 1, recipe)
            if is_there:
                assert np.isfinite(next(steps).objective).all()
            else:
                sentence = f"'maps' has {name}s 0–9 .* got {name} {place}"
                with pytest.raises(IndexError, match=sentence):
                    next(steps)

    def test_a_place_in_a_layer_without_maps(self):
        with pytest.raises(ValueError, match="'classes' returns no maps .* take a Channel"):
            next(ascend(classifier(), Neuron("classes", 0), 1, PLAIN))

    def test_a_direction_of_another_length(self):
        with pytest.raises(
            ValueError, match=r"each of its 3 channels; got numbers of shape \(2,\)"
        ):
            next(ascend(classifier(), Direction("maps", (1.0, 2.0)), 1, PLAIN))

    def test_channels_for_other_images(self):
        with pytest.raises(ValueError, match="each of 3 images, or one for all; got 2"):
            next(ascend(classifier(), Channel("maps", (0, 1)), 3, PLAIN))

    def test_what_is_no_objective(self):
        with pytest.raises(TypeError, match="callable .* got 5"):
            ascend(classifier(), 5)

    def test_a_callable_that_gives_no_score_an_image(self):
        with pytest.raises(ValueError, match=r"shape \(images,\); .* gave \(2, 3\)"):
            next(ascend(classifier(), tf.identity, 2, PLAIN))

    @pytest.mark.parametrize(
        ("keys", "sentence"),
        [
            ({"count": 0}, r"numbers from 1, got \(0, 12, 12, 3\)"),
            ({"steps": 0}, "steps is a whole number, at least 1; got 0"),
            ({"seed": -1}, "seed is a whole number, at least 0; got -1"),
            ({"recipe": "lucit"}, "did you mean 'lucid'"),
        ],
    )
    def test_numbers_and_names(self, keys, sentence):
        with pytest.raises(ValueError, match=sentence):
            ascend(classifier(), Channel("maps", 0), **({"recipe": PLAIN} | keys))

    def test_too_small_a_size(self):
        with pytest.raises(ValueError, match="'maps' takes images of at least 3 × 3 pixels, got 2"):
            next(ascend(classifier(), Channel("maps", 0), 1, PLAIN, size=2))

    def test_a_network_without_images(self):
        line = keras.Sequential([keras.Input((8,)), layers.Dense(2, name="dense")])
        with pytest.raises(ValueError, match="takes no images"):
            ascend(line, Channel("dense", 0), 1, PLAIN)
