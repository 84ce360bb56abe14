import keras
import kinds
import numpy as np
import pytest
from keras import layers, ops

import convnet_widgets as cw
from convnet_widgets.core.activations import traced_inputs
from convnet_widgets.core.heads import find_head
from convnet_widgets.core.networks import as_vision_model

SIZE = kinds.SIZE


def with_head(*head, classes=3):
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    x = layers.Dense(classes, name="scores")(x)
    for layer in head:
        x = layer(x)
    return kinds.seeded(keras.Model(base.input, x))


def activated(activation):
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    head = layers.Dense(3, activation=activation, name="head")(x)
    return kinds.seeded(keras.Model(base.input, head))


def nested(activation):
    image = keras.Input((SIZE, SIZE, 3))
    ending = keras.Sequential([keras.Input((3,)), layers.Activation(activation)])
    return keras.Model(image, ending(with_head()(image)))


class Ending(keras.Model):
    def __init__(self):
        super().__init__()
        self.base = with_head()

    def call(self, x):
        return ops.softmax(self.base(x))


def head_of(model):
    _, traced = traced_inputs(as_vision_model(model), kinds.RGB())
    return find_head(traced, 0)


@pytest.mark.parametrize("activation", ["softmax", "log_softmax", "sigmoid"])
@pytest.mark.parametrize("make", [activated, nested, lambda a: with_head(layers.Activation(a))])
def test_the_logits_behind_the_last_activation_are_found(make, activation):
    model = make(activation)
    head = head_of(model)
    assert head.activation == activation.removeprefix("log_")
    assert head.is_logarithm == activation.startswith("log_")
    logits = values_of(model, head)
    expected = keras.ops.convert_to_numpy(model(kinds.RGB()))
    again = keras.activations.get(activation)(logits)
    np.testing.assert_allclose(again, expected, rtol=1e-5)
    shares = keras.activations.get(head.activation)(logits)
    np.testing.assert_allclose(head.shares(expected), shares, rtol=1e-5)
    assert np.abs(logits - expected).max() > 0.01


def values_of(model, head):
    vision = as_vision_model(model)
    inputs, traced = traced_inputs(vision, kinds.RGB())
    found = find_head(traced, 0)
    assert found.logits is head.logits
    return traced.derived("logits", lambda: ([found.logits], []))(*inputs)[0]


def test_a_softmax_of_ones_own_is_seen_through_in_a_subclassed_network():
    model = Ending()
    model(np.zeros((1, SIZE, SIZE, 3), "float32"))
    head = head_of(model)
    assert head.activation == "softmax"
    np.testing.assert_allclose(values_of(model, head), model.base(kinds.RGB()), rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_casts_of_mixed_precision_are_seen_through(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = with_head(layers.Softmax(), layers.Activation("linear", dtype="float32"))
    finally:
        keras.config.set_dtype_policy(before)
    head = head_of(model)
    assert head.activation == "softmax"
    assert head.logits.dtype.name == policy.removeprefix("mixed_")


def test_what_is_no_softmax_or_sigmoid_is_what_is_explained():
    for model in (
        with_head(),
        with_head(layers.ReLU()),
        with_head(layers.Softmax(), layers.ReLU()),
    ):
        head = head_of(model)
        assert head.activation is None
        assert head.logits is head.returned


def test_a_single_sigmoid_tells_two_classes_apart_and_a_single_number_none():
    binary = head_of(with_head(layers.Activation("sigmoid"), classes=1))
    assert (binary.is_binary, binary.classes) == (True, 2)
    regression = head_of(with_head(classes=1))
    assert (regression.is_binary, regression.classes) == (False, 1)
    several = head_of(with_head(layers.Activation("sigmoid")))
    assert (several.is_binary, several.classes) == (False, 3)


def test_the_network_is_as_before():
    model = activated("softmax")
    expected = model(kinds.RGB())
    cw.class_activation_map(model, kinds.RGB(), target=1)
    assert model.get_layer("head").activation is keras.activations.softmax
    np.testing.assert_array_equal(model(kinds.RGB()), expected)
