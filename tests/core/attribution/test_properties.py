"""What every map keeps, whatever its method and the kind of network."""

import functools

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.random.seed_generator import global_seed_generator
from kinds import KINDS, SIZE, nested, pixels, seeded

import convnet_widgets as cw
from convnet_widgets.core.attribution.integrated_gradients import IntegratedGradients
from convnet_widgets.core.attribution.methods import METHODS
from convnet_widgets.core.attribution.occlusion import Occlusion
from convnet_widgets.core.attribution.smooth_grad import SmoothGrad

# with few passes, to be quick
SMALL = {
    "smooth_grad": SmoothGrad(samples=2),
    "integrated_gradients": IntegratedGradients(samples=2),
    "occlusion": Occlusion(0.5, 0.5),
}
# for these two the formula compares numbers of different units; see their docstrings
ASK_HOW_LARGE = ["grad_cam_plus_plus", "score_cam"]

every_method = pytest.mark.parametrize("method", METHODS)


def test_the_methods_that_the_design_names():
    assert cw.list_methods() == [
        "grad_cam",
        "hires_cam",
        "grad_cam_plus_plus",
        "layer_cam",
        "xgrad_cam",
        "elementwise_grad_cam",
        "eigen_cam",
        "score_cam",
        "ablation_cam",
        "saliency",
        "smooth_grad",
        "integrated_gradients",
        "guided_grad_cam",
        "occlusion",
    ]


def heatmap(net, image, method, **keywords):
    return cw.class_activation_map(net, image, method=SMALL.get(method, method), **keywords)


def close(one, other, tolerance=1e-4):
    """The same map, whatever the rounding of another order of sums."""
    assert one.reason == other.reason
    assert one.values.any()
    np.testing.assert_allclose(one.values, other.values, atol=tolerance)


@functools.cache
def classifier(kind):
    """The network of a kind with a score for each class, and an input."""
    make, make_input, _ = KINDS[kind]
    net, given = make(), make_input()
    outputs = net.outputs if net.built and not type(net).__name__.startswith("Sub") else []
    if len(outputs) == 1 and len(outputs[0].shape) > 2:
        x = keras.ops.mean(outputs[0], axis=tuple(range(1, len(outputs[0].shape) - 1)))
        net = keras.Model(net.inputs, layers.Dense(3, name="scores")(x), name=net.name)
        net.get_layer("scores").set_weights(
            [np.eye(*net.get_layer("scores").kernel.shape), np.zeros(3)]
        )
    return net, given


def state(net):
    """All that a user could miss: weights, losses, what trains, and what is random.

    Not Python's own random state, from which the type checks of these tests draw.
    """
    everything = net._flatten_layers()
    return (
        [variable.numpy().tobytes() for variable in net.variables],
        [(layer.name, layer.trainable, getattr(layer, "activation", None)) for layer in everything],
        [float(loss) for loss in net.losses],
        np.random.get_state()[1].tobytes(),  # noqa: NPY002, the state that users may have seeded
        global_seed_generator().state.numpy().tobytes(),
    )


@every_method
@pytest.mark.parametrize("kind", KINDS)
def test_on_every_kind_of_network(kind, method):
    net, given = classifier(kind)
    if kind.endswith("never called"):
        heatmap(net, given, "grad_cam")  # which builds it
    before = state(net)
    output = {"output": "animal"} if kind == "multi-output" else {}
    found = heatmap(net, given, method, **output)
    assert state(net) == before
    assert len(found) == 2
    for one in found:
        assert np.isfinite(one.raw).all()
        assert np.isfinite(one.values).all()
        assert one.values.dtype == np.float32
        assert one.values.min() >= 0
        assert one.values.max() == (0 if one.reason else 1)
        assert bool(one.layer) == METHODS[method].takes_layer
        if METHODS[method].of_pixels:
            assert one.values.shape == image_of(given).shape[1:-1]


def image_of(given):
    return keras.tree.flatten(given)[-1 if isinstance(given, dict) else 0]


@functools.cache
def convnet(order=(0, 1, 2, 3, 4, 5), factor=1.0, activation=None):
    """Two convolutions and three classes; the channels of the second in any order."""
    x = image = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="conv1")(x)
    x = layers.Conv2D(6, 3, activation="relu", name="conv2")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(3, activation=activation, name="head")(x)
    net = seeded(keras.Model(image, x, name="convnet"))
    conv, head = net.get_layer("conv2"), net.get_layer("head")
    conv.set_weights([weight[..., list(order)] for weight in conv.get_weights()])
    kernel, bias = head.get_weights()
    head.set_weights([factor * kernel[list(order)], factor * bias])
    return net


IMAGES = pixels(3, SIZE, SIZE, 3, seed=1)
NET = convnet()


@every_method
def test_the_order_of_channels_does_not_matter(method):
    close(heatmap(convnet((3, 5, 0, 4, 2, 1)), IMAGES[0], method), heatmap(NET, IMAGES[0], method))


@every_method
def test_the_usual_target_is_the_likeliest_class(method):
    usual = heatmap(NET, IMAGES[0], method)
    best = int(NET(IMAGES[:1]).numpy().argmax())
    assert usual.target.index == best
    np.testing.assert_array_equal(usual.values, heatmap(NET, IMAGES[0], method, target=best).values)


@every_method
def test_a_contrast_is_the_function_that_says_so(method):
    one = heatmap(NET, IMAGES[0], method, target=cw.Contrast(0, 2))
    close(one, heatmap(NET, IMAGES[0], method, target=first_rather_than_third))


def first_rather_than_third(output):
    return output[:, 0] - output[:, 2]


@every_method
def test_several_targets_are_each_one(method):
    both = heatmap(NET, IMAGES[0], method, target=[2, 0])
    for index, together in zip([2, 0], both, strict=True):
        assert together.target.index == index
        np.testing.assert_allclose(
            together.raw, heatmap(NET, IMAGES[0], method, target=index).raw, rtol=1e-5
        )


@every_method
def test_a_batch_is_its_images_one_by_one(method):
    batch = heatmap(NET, IMAGES, method)
    for image, together in zip(IMAGES, batch, strict=True):
        alone = heatmap(NET, image, method)
        assert alone.target.index == together.target.index
        close(alone, together)


@functools.cache
def nested_and_flattened():
    net = nested()
    x = image = keras.Input((SIZE, SIZE, 3))
    for layer in (net.get_layer("scale"), *net.get_layer("backbone").layers[1:], *net.layers[-2:]):
        x = layer(x)
    return net, keras.Model(image, x, name="flattened")


@every_method
def test_nested_is_flattened(method):
    one, other = (heatmap(net, IMAGES[0], method) for net in nested_and_flattened())
    assert one.layer == ("backbone/relu2" if other.layer else "")
    close(one, other)


SEQUENTIAL = keras.Sequential([keras.Input((SIZE, SIZE, 3)), *NET.layers[1:]])


@every_method
def test_sequential_is_functional(method):
    close(heatmap(SEQUENTIAL, IMAGES[0], method), heatmap(NET, IMAGES[0], method))


@every_method
def test_the_scale_of_the_logits_does_not_matter(method):
    one, other = heatmap(convnet(factor=8), IMAGES[0], method), heatmap(NET, IMAGES[0], method)
    if method in ASK_HOW_LARGE:
        assert np.abs(one.values - other.values).max() > 1e-3
    else:
        close(one, other)


@every_method
def test_a_softmax_that_is_sure_is_seen_through(method):
    linear, sure = convnet(factor=100), convnet(factor=100, activation="softmax")
    one, other = heatmap(sure, IMAGES[0], method), heatmap(linear, IMAGES[0], method)
    assert one.target.probability == 1
    assert one.target.score == pytest.approx(other.target.score)
    close(one, other)
    np.testing.assert_allclose(one.raw, other.raw, rtol=1e-4, atol=1e-4 * np.abs(other.raw).max())


@functools.cache
def blind():
    net = keras.models.clone_model(NET)
    net.get_layer("conv2").set_weights([np.zeros((3, 3, 4, 6)), np.zeros(6)])
    return net


@every_method
def test_a_network_that_sees_nothing_has_no_heat(method):
    found = heatmap(blind(), IMAGES[0], method)
    assert not found.values.any()
    assert found.reason


@pytest.mark.parametrize("method", [name for name, one in METHODS.items() if not one.of_pixels])
@pytest.mark.parametrize("level", [0, 100])
def test_a_plain_image_has_no_heat(method, level):
    # convolutions without padding: the maps are constant
    found = heatmap(NET, np.full((SIZE, SIZE, 3), level), method)
    assert not found.values.any()
    assert found.reason


@every_method
def test_steps_end_with_the_map(method):
    work = list(
        cw.class_activation_steps(NET, IMAGES[0], method=SMALL.get(method, METHODS[method]()))
    )
    assert [step.heatmap for step in work[:-1]] == [None] * (len(work) - 1)
    assert work[-1].done == work[-1].total
    close(work[-1].heatmap, heatmap(NET, IMAGES[0], method))
