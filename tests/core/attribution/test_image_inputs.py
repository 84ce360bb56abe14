"""Which image of several a map lies over, on twins of which one alone counts."""

import functools

import keras
import numpy as np
import pytest
from keras import layers
from kinds import SIZE, pixels, seeded

import convnet_widgets as cw
from convnet_widgets.core.attribution import batch_size
from convnet_widgets.core.attribution.guided_grad_cam import GuidedGradCAM
from convnet_widgets.core.attribution.integrated_gradients import IntegratedGradients
from convnet_widgets.core.attribution.methods import METHODS
from convnet_widgets.core.attribution.occlusion import Occlusion
from convnet_widgets.core.attribution.questions import ask
from convnet_widgets.core.attribution.saliency import Saliency
from convnet_widgets.core.attribution.smooth_grad import SmoothGrad

LEFT, RIGHT = pixels(SIZE, SIZE, 3), pixels(SIZE, SIZE, 3, seed=1)
OF_PIXELS = {
    "saliency": Saliency,
    "smooth_grad": functools.partial(SmoothGrad, samples=2),
    "integrated_gradients": functools.partial(IntegratedGradients, samples=2),
    "occlusion": functools.partial(Occlusion, 0.5, 0.5),
}


def tower():
    image = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(4, 3, strides=2, activation="relu", name="conv")(image)
    x = layers.Conv2D(5, 3, strides=2, activation="relu", name="deep")(x)
    return seeded(keras.Model(image, x, name="tower"))


@functools.cache
def twins():
    """A network of the right image alone, and one that takes a left one as well, times 0."""
    base, scores = tower(), layers.Dense(3, name="scores")
    left, right = (keras.Input((SIZE, SIZE, 3), name=name) for name in ("left", "right"))
    pooled = layers.GlobalAveragePooling2D()
    alone = keras.Model(right, scores(pooled(base(right))), name="alone")
    kept = pooled(base(right))
    both = layers.Add()([layers.Rescaling(0.0)(pooled(base(left))), kept])
    return seeded(alone), keras.Model([left, right], scores(both), name="twins")


def raw(net, given, method, **keywords):
    return cw.class_activation_map(net, given, target=1, method=method, **keywords)


@pytest.mark.parametrize("name", METHODS)
def test_a_map_is_of_the_image_that_its_layer_sees(name):
    alone, both = twins()
    method = OF_PIXELS[name](input="right") if name in OF_PIXELS else name
    found = raw(both, [LEFT, RIGHT], method)
    one = raw(alone, RIGHT, OF_PIXELS.get(name, METHODS[name])())
    assert (found.input, one.input) == (1, 0)
    assert one.raw.any()
    np.testing.assert_allclose(found.raw, one.raw, rtol=1e-4, atol=1e-5 * np.abs(one.raw).max())


@pytest.mark.parametrize("name", OF_PIXELS)
def test_pixels_are_those_of_the_first_image_unless_another_is_named(name):
    _, both = twins()
    found = raw(both, [LEFT, RIGHT], OF_PIXELS[name]())
    assert (found.input, found.raw.any()) == (0, False)
    by_place = raw(both, [LEFT, RIGHT], OF_PIXELS[name](input=1))
    by_name = raw(both, [LEFT, RIGHT], OF_PIXELS[name](input="right"))
    np.testing.assert_array_equal(by_place.raw, by_name.raw)


def test_what_counts_no_input_is_not_looked_for():
    numbers, image = keras.Input((2, 2, 1), name="numbers"), keras.Input((2, 2, 1), name="image")
    net = keras.Model([numbers, image], layers.Dense(2, name="of_image")(layers.Flatten()(image)))
    assert raw(net, [np.zeros((2, 2, 1)), np.ones((2, 2, 1))], "saliency").input == 1


def test_quality_is_of_the_image_that_the_map_lies_over():
    alone, both = twins()
    found, one = raw(both, [LEFT, RIGHT], "grad_cam"), raw(alone, RIGHT, "grad_cam")
    curves = cw.insertion_deletion(both, [LEFT, RIGHT], found)
    expected = cw.insertion_deletion(alone, RIGHT, one)
    assert np.ptp(expected.deletion) > 0
    np.testing.assert_allclose(curves.deletion, expected.deletion, rtol=1e-4)
    np.testing.assert_allclose(curves.insertion, expected.insertion, rtol=1e-4)


@pytest.mark.parametrize("given", ["up", 2, -1, True])
def test_an_input_that_is_not_there(given):
    with pytest.raises(LookupError, match="twins has no input .*: there are 'left', 'right'"):
        raw(twins()[1], [LEFT, RIGHT], Saliency(input=given))


def test_layers_over_two_images_are_not_fused():
    with pytest.raises(ValueError, match="lie over different inputs; choose some over one"):
        raw(twins()[1], [LEFT, RIGHT], "grad_cam", layer=["tower[0]/deep", "tower[1]/deep"])


def test_heatmaps_over_two_images_are_not_measured_together():
    both, given = twins()[1], [np.stack([LEFT, LEFT]), np.stack([RIGHT, RIGHT])]
    maps = [raw(both, [LEFT, RIGHT], "grad_cam", layer=f"tower[{place}]/deep") for place in (0, 1)]
    with pytest.raises(ValueError, match="over different inputs"):
        cw.drop_and_increase(both, given, maps)


def test_nearest_heat_lies_where_a_cropping_network_looks():
    image = keras.Input((16, 16, 3))
    x = layers.Conv2D(2, 1, name="conv")(layers.AveragePooling2D(4)(layers.CenterCrop(8, 8)(image)))
    net = seeded(keras.Model(image, layers.Dense(1)(layers.GlobalAveragePooling2D()(x))))
    photograph = pixels(16, 16, 3)
    guided = np.abs(np.array(net.get_layer("conv").kernel)[0, 0] @ np.array(net.layers[-1].kernel))
    heat = cw.class_activation_map(net, photograph, target=0).raw.clip(0)
    expected = np.zeros((16, 16))
    expected[4:12, 4:12] = np.kron(heat, np.ones((4, 4))) * guided.max() / 64
    found = raw_nearest(net, photograph)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


def raw_nearest(net, photograph):
    return cw.class_activation_map(net, photograph, target=0, method=GuidedGradCAM("nearest")).raw


def test_a_batch_of_large_images_through_a_network_of_any_size(monkeypatch):
    image = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 1, name="conv")(image)
    net = seeded(keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(x))))
    values = 10 * 10 * 4 + 4 + 2  # of maps, means and scores, 4 bytes each
    monkeypatch.setattr(batch_size, "_BATCH_BYTES", 4 * 5 * values)
    for side, most in ((10, 5), (20, 1)):
        (asked,) = ask(net, np.zeros((2, side, side, 3)), None, 0, "grad_cam", None).subjects
        assert asked.batch_size() == most
