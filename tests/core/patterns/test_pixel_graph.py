import keras
import numpy as np
import pytest
import tensorflow as tf

import convnet_widgets as cw
from convnet_widgets.core.patterns.pixel_graph import in_graph

RNG = np.random.default_rng(0)


def applied(preprocess, images):
    """What the graph makes of images, and the gradient of the sum of it."""
    prepare = in_graph(preprocess, images.shape[-1])

    @tf.function(autograph=False)
    def both(images):
        values = prepare(images)
        return values, tf.gradients(tf.reduce_sum(values), images)[0]

    return [tensor.numpy() for tensor in both(tf.constant(images))]


def pixels(*shape):
    return RNG.uniform(0, 255, shape).astype("float32")


def test_without_preprocessing_images_stay_as_they_are():
    images = pixels(2, 3, 4, 5)
    values, gradient = applied(None, images)
    np.testing.assert_array_equal(values, images)
    assert (gradient == 1).all()


def test_of_vgg16_by_hand():
    pixel = np.array([[[[10, 20, 30]]]], "float32")
    values, gradient = applied(keras.applications.vgg16.preprocess_input, pixel)
    np.testing.assert_allclose(values[0, 0, 0], [-73.939, -96.779, -113.68], rtol=1e-5)
    np.testing.assert_allclose(gradient, 1, rtol=1e-5)


@pytest.mark.parametrize(
    "family", ["vgg16", "resnet_v2", "densenet", "mobilenet_v3", "efficientnet", "nasnet"]
)
def test_of_the_families_of_keras(family):
    preprocess = getattr(keras.applications, family).preprocess_input
    images = pixels(3, 5, 7, 3)
    values, gradient = applied(preprocess, images)
    np.testing.assert_allclose(values, preprocess(images.copy()), rtol=1e-5, atol=2e-4)
    assert (gradient > 0).all()


@pytest.mark.parametrize("size", [(1, 1, 1, 3), (2, 4, 4, 3), (1, 3, 30, 3)])
def test_of_the_embedded_network(size):
    net, images = cw.load_model("EfficientNetLite0"), pixels(*size)
    values, _ = applied(net.preprocess, images)
    np.testing.assert_allclose(values, (images - 127) / 128, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("bands", [1, 7])
def test_any_number_of_channels(bands):
    means = np.arange(bands, dtype="float32")
    images = pixels(2, 3, 3, bands)
    values, gradient = applied(lambda x: (x[..., ::-1] - means) / 50, images)
    np.testing.assert_allclose(values, (images[..., ::-1] - means) / 50, atol=1e-5)
    np.testing.assert_allclose(gradient, 1 / 50, rtol=1e-5)


def test_channels_that_become_fewer():
    values, gradient = applied(lambda x: x @ np.float32([[0.3], [0.6], [0.1]]), pixels(1, 2, 2, 3))
    assert values.shape == (1, 2, 2, 1)
    np.testing.assert_allclose(gradient, np.broadcast_to([0.3, 0.6, 0.1], (1, 2, 2, 3)), rtol=1e-5)


def test_beyond_the_range_of_pixels_a_clipped_preprocessing_goes_on():
    images = np.array([[[[-100, 100, 400]]]], "float32")
    values, gradient = applied(lambda x: np.clip(x, 0, 255) / 100, images)
    np.testing.assert_allclose(values[0, 0, 0], [-1, 1, 4], rtol=1e-5)
    np.testing.assert_allclose(gradient, 0.01, rtol=1e-5)


def test_one_that_writes_on_its_input_and_one_of_double_precision():
    def in_place(x):
        x -= 3
        return x

    for preprocess in (in_place, lambda x: x.astype("float64") - 3):
        images = pixels(1, 2, 2, 3)
        values, _ = applied(preprocess, images)
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, images - 3, rtol=1e-4, atol=1e-4)


def test_layers_of_keras():
    preprocess = keras.Sequential([keras.layers.Rescaling(1 / 127.5, offset=-1)])
    images = pixels(1, 4, 4, 3)
    values, _ = applied(preprocess, images)
    np.testing.assert_allclose(values, images / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize(
    "preprocess",
    [tf.image.per_image_standardization, tf.sqrt, lambda x: x - tf.reverse(x, [1])],
    ids=["of the whole image", "of a pixel, but curved", "of its neighbours"],
)
def test_one_that_is_not_affine_is_called_on_tensors(preprocess):
    images = pixels(2, 4, 4, 3)
    values, _ = applied(preprocess, images)
    np.testing.assert_allclose(values, preprocess(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "preprocess",
    [lambda x: x - x.mean(axis=(1, 2), keepdims=True), lambda x: x.astype("uint8")],
    ids=["of the whole image", "of whole numbers"],
)
def test_one_without_a_gradient_is_refused(preprocess):
    with pytest.raises(ValueError, match="neither treats each pixel alike.*nor takes tensors"):
        applied(preprocess, pixels(1, 4, 4, 3))
