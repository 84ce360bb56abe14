import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from convnet_widgets.core.patterns.cutting import cut
from convnet_widgets.core.patterns.optimisers import NormalisedGradient
from convnet_widgets.core.patterns.parameterisations import GreyNoise
from convnet_widgets.core.patterns.recipes import Recipe
from convnet_widgets.core.patterns.requests import requested
from convnet_widgets.core.patterns.wrapping import wrap


def evaluate(network, images):
    """What the one layer returns for images, and the gradient of the sum of its squares."""

    @tf.function(autograph=False)
    def both(images):
        (maps,) = network(images).values()
        return maps, tf.gradients(tf.reduce_sum(maps**2), images)[0]

    return [array.numpy() for array in both(tf.constant(images, tf.float32))]


def network(*stack, channels=2):
    """A network of layers with random weights, named "last" at the end."""
    image = keras.Input((None, None, channels))
    model = keras.Model(image, keras.Sequential([*stack], name="last")(image))
    generator = np.random.default_rng(1)
    model.set_weights([generator.normal(size=one.shape) for one in model.get_weights()])
    return model


def summing(side, channels=1):
    """A network that sums the values of a square about each pixel."""
    image = keras.Input((None, None, channels))
    model = keras.Sequential([image, layers.Conv2D(1, side, padding="same")])
    model.set_weights([np.ones((side, side, channels, 1)), np.zeros(1)])
    return model


def images(height=8, width=12, channels=2):
    return np.random.default_rng(2).normal(size=(2, height, width, channels)).astype("float32")


SAME = {
    "convolution": lambda: [layers.Conv2D(3, 3, padding="same")],
    "two, even and long": lambda: [
        layers.Conv2D(3, (2, 4), padding="same", activation="relu"),
        layers.Conv2D(3, (5, 1), padding="same"),
    ],
    "dilated": lambda: [layers.Conv2D(3, 3, padding="same", dilation_rate=(2, 3))],
    "depthwise": lambda: [layers.DepthwiseConv2D(5, padding="same", depth_multiplier=2)],
    "separable": lambda: [layers.SeparableConv2D(3, 3, padding="same")],
    "padded before": lambda: [layers.ZeroPadding2D(((2, 0), (1, 3))), layers.Conv2D(3, (3, 5))],
}
STRIDED = {
    "convolution": lambda: [layers.Conv2D(3, 3, strides=2, padding="same")],
    "large": lambda: [layers.Conv2D(3, 7, strides=2, padding="same")],
    "one": lambda: [layers.Conv2D(3, 1, strides=2, padding="same")],
    "depthwise": lambda: [layers.DepthwiseConv2D(5, strides=2, padding="same")],
    "separable": lambda: [layers.SeparableConv2D(3, 3, strides=2, padding="same")],
    "padded before": lambda: [
        layers.ZeroPadding2D(((0, 1), (0, 1))),
        layers.Conv2D(3, 3, strides=2),
    ],
}


class TestWrap:
    def test_goes_on_with_the_other_end(self):
        line = tf.constant([[0.0, 1.0, 2.0, 3.0]])
        assert wrap(line, 1, 2, 1).numpy().tolist() == [[3, 0, 1, 2, 3, 0, 1]]
        assert wrap(line, 0, 1, 1).numpy().tolist() == [[0, 1, 2, 3, 0]]
        assert wrap(line, 3, 6, 1).numpy().tolist() == [[1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1]]

    @pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 2), (0, 1), (1, 0), (3, 6)])
    def test_the_gradient_comes_back_from_every_copy(self, before, after):
        weights = np.arange(1.0, 5.0 + before + after)

        @tf.function(autograph=False)
        def gradient(line):
            return tf.gradients(wrap(line, before, after, 1) * weights, line)[0]

        expected = np.zeros(4)
        for place, weight in enumerate(weights):
            expected[(place - before) % 4] += weight
        np.testing.assert_allclose(gradient(tf.zeros([1, 4], tf.float64)), expected[None])


class TestTorus:
    def test_is_a_convolution_of_the_picture_continued(self):
        """By NumPy: with padding 1, the sum of 3 × 3 pixels about each, around the edges."""
        model = keras.Sequential(
            [keras.Input((None, None, 1)), layers.Conv2D(1, 3, padding="same")]
        )
        model.set_weights([np.ones((3, 3, 1, 1)), np.zeros(1)])
        picture = np.arange(12.0, dtype="float32").reshape(1, 3, 4, 1)
        maps, gradient = evaluate(cut(model, -1, wrapped=True), picture)
        sums = sum(np.roll(picture, (y, x), (1, 2)) for y in (-1, 0, 1) for x in (-1, 0, 1))
        back = sum(np.roll(2 * sums, (y, x), (1, 2)) for y in (-1, 0, 1) for x in (-1, 0, 1))
        np.testing.assert_array_equal(maps, sums)
        np.testing.assert_array_equal(gradient, back)

    @pytest.mark.parametrize("stack", SAME.values(), ids=SAME)
    def test_a_moved_picture_moves_maps_and_gradient(self, stack):
        self.check(network(*stack()), shift=(3, 5), moved=(3, 5))

    @pytest.mark.parametrize("stack", STRIDED.values(), ids=STRIDED)
    def test_a_picture_moved_by_strides_moves_maps_and_gradient(self, stack):
        self.check(network(*stack()), shift=(2, 6), moved=(1, 3))

    def check(self, model, shift, moved):
        picture, axes = images(), (1, 2)
        maps, gradient = evaluate(cut(model, "last", wrapped=True), picture)
        others = evaluate(cut(model, "last", wrapped=True), np.roll(picture, shift, axes))
        np.testing.assert_allclose(others[0], np.roll(maps, moved, axes), atol=1e-4)
        np.testing.assert_allclose(others[1], np.roll(gradient, shift, axes), atol=1e-3)

    def test_the_interior_is_that_of_zero_padding(self):
        model = network(*SAME["two, even and long"]())
        picture = images(14, 16)
        torus, _ = evaluate(cut(model, "last", wrapped=True), picture)
        plain, _ = evaluate(cut(model, "last"), picture)
        np.testing.assert_allclose(torus[:, 4:-4, 4:-4], plain[:, 4:-4, 4:-4], atol=1e-5)
        assert np.abs(torus[:, 0] - plain[:, 0]).min() > 1e-5

    def test_a_layer_that_pads_nothing_is_as_it_was(self):
        model = network(layers.Conv2D(3, 3), layers.MaxPooling2D(3, 2, padding="same"))
        for one, other in zip(
            evaluate(cut(model, "last", wrapped=True), images()),
            evaluate(cut(model, "last"), images()),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)

    def test_a_kernel_larger_than_the_map_goes_around_twice(self):
        model = keras.Sequential(
            [keras.Input((None, None, 1)), layers.Conv2D(1, 9, padding="same")]
        )
        model.set_weights([np.ones((9, 9, 1, 1)), np.zeros(1)])
        maps, _ = evaluate(cut(model, -1, wrapped=True), np.ones((1, 2, 3, 1), "float32"))
        np.testing.assert_array_equal(maps, np.full((1, 2, 3, 1), 81))

    def test_some_filters_are_those_of_all(self):
        model = kinds.functional()
        picture = np.random.default_rng(3).random((1, 9, 11, 3)).astype("float32")
        every, _ = evaluate(cut(model, "conv2", preprocessed=False, wrapped=True), picture)
        some = cut(model, "conv2", filters=[2, 0], preprocessed=False, wrapped=True)
        np.testing.assert_allclose(evaluate(some, picture)[0], every[..., [2, 0]], atol=1e-6)

    def test_the_network_pads_with_zeros_as_before(self):
        model = network(*SAME["convolution"](), layers.ZeroPadding2D(), layers.Conv2D(2, 3))
        before = model(images()).numpy()
        evaluate(cut(model, "last", wrapped=True), images())
        assert [layer.padding for layer in model.get_layer("last").layers[:1]] == ["same"]
        np.testing.assert_array_equal(model(images()), before)


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_recipe_has_the_rim_of_its_network_or_none(wrapped):
    """A pixel in a corner counts in 4 of the sums, one in the middle in 9."""
    recipe = Recipe("", GreyNoise(), NormalisedGradient(2.0), 1, 6, "standardised", wrapped=wrapped)
    request = requested(summing(3, channels=3), -1, 0, recipe, None, None, 0, "float32")
    first, last = (move.step.images[0] for _, move in request.rounds([0]))
    change = last - first
    assert change[2, 2] == pytest.approx(change[3, 3])
    assert change[0, 0] == pytest.approx(change[2, 2] * (1 if wrapped else 4 / 9), rel=1e-4)
