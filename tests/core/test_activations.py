import gc
import os
import subprocess
import sys
import weakref
from contextlib import suppress
from pathlib import Path

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core import tracing
from convnet_widgets.core.layers import LayerNotFoundError
from convnet_widgets.core.running import ChannelsFirstError, run

PATHS = {"PYTHONPATH": str(Path(kinds.__file__).parent)}


def submodel(model, layer, x):
    """Keras's own way, which works within one functional model."""
    return keras.Model(model.inputs[0], model.get_layer(layer).output)(x).numpy()


@pytest.fixture(params=kinds.KINDS, name="kind")
def fixture_kind(request):
    make, data, path = kinds.KINDS[request.param]
    return make(), data(), path


def test_every_kind_of_model_gives_its_maps_one_by_one_as_in_a_batch(kind):
    model, data, path = kind
    both = cw.feature_maps(model, data)
    assert path in both
    for index in (0, 1):
        one = keras.tree.map_structure(lambda x, i=index: x[i : i + 1], data)
        for name, maps in cw.feature_maps(model, one).items():
            assert maps.dtype == np.float32
            assert maps.any(), name
            np.testing.assert_allclose(maps[0], both[name][index], rtol=1e-2, atol=1e-3)


def test_every_kind_of_model_comes_out_unchanged(kind):
    model, data, path = kind
    cw.feature_maps(model, data)  # a model that was never called is built by its first call
    tracing._traces.clear()
    weights = [w.numpy().copy() for w in model.weights]
    parts = model._flatten_layers()
    before = [(set(vars(part)), part.trainable, getattr(part, "activation", 0)) for part in parts]
    again = cw.feature_maps(model, data, path)
    cw.list_layers(model)
    assert before == [
        (set(vars(part)), part.trainable, getattr(part, "activation", 0)) for part in parts
    ]
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(weights, model.weights, strict=True))
    assert list(again) == [path]


def test_the_random_state_stays_as_it_was():
    # in a process of its own: the checking of annotations under test draws random numbers
    script = """
import random, kinds, numpy, keras, convnet_widgets as cw
model, x = kinds.nested(), kinds.RGB()
state = lambda: (random.getstate(), str(numpy.random.get_state()))
before = state()
cw.list_layers(model), cw.feature_maps(model, x), cw.predict(model, x)
assert state() == before
"""
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ | PATHS)


def test_functional_maps_are_those_of_a_keras_sub_model():
    model, x = kinds.functional(), kinds.RGB()
    maps = cw.feature_maps(model, x)
    assert list(maps) == ["conv1", "bn1", "conv2", "relu2"]
    for name, values in maps.items():
        np.testing.assert_allclose(values, submodel(model, name, x), atol=1e-5, rtol=1e-5)


def test_nested_equals_flattened():
    model, x = kinds.nested(), kinds.RGB()
    flat = y = keras.Input((kinds.SIZE, kinds.SIZE, 3))
    for layer in [model.get_layer("scale"), *model.get_layer("backbone").layers[1:]]:
        y = layer(y)
    flat = keras.Model(flat, y)
    nested, flattened = cw.feature_maps(model, x), cw.feature_maps(flat, x)
    for name in ("conv1", "bn1", "conv2", "relu2"):
        np.testing.assert_allclose(nested[f"backbone/{name}"], flattened[name], atol=1e-5, rtol=0)


def test_layers_nested_twice_and_in_a_sequential():
    x = kinds.RGB()
    for make, path in (
        (kinds.nested_in_sequential, "backbone/conv2"),
        (kinds.nested_twice, "encoder/base/conv2"),
    ):
        model = make()
        part = model
        for name in path.split("/")[:-1]:
            part = part.get_layer(name)
        expected = submodel(part, "conv2", x)
        np.testing.assert_allclose(cw.feature_maps(model, x, path)[path], expected, atol=1e-4)
        np.testing.assert_allclose(cw.feature_maps(model, x, "conv2")[path], expected, atol=1e-4)


def test_both_calls_of_a_shared_backbone_can_be_asked_for():
    model = kinds.called_twice()
    left, right = kinds.pixels(1, 12, 12, 3), kinds.pixels(1, 12, 12, 3, seed=1)
    maps = cw.feature_maps(model, [left, right])
    base = model.get_layer("backbone")
    for index, image in enumerate((left, right)):
        expected = submodel(base, "conv1", image)
        np.testing.assert_allclose(maps[f"backbone[{index}]/conv1"], expected, rtol=1e-5, atol=1e-4)
    with pytest.raises(LayerNotFoundError, match=r"several.*backbone\[0\]/conv1.*backbone\[1\]"):
        cw.feature_maps(model, [left, right], "conv1")


def test_a_branch_may_be_asked_for_alone_and_inputs_named():
    model = kinds.called_twice()
    left, right = kinds.pixels(1, 12, 12, 3), kinds.pixels(1, 12, 12, 3, seed=1)
    one = cw.feature_maps(model, {"right": right, "left": left}, "backbone[1]/conv1")
    two = cw.feature_maps(model, [left, right])["backbone[1]/conv1"]
    np.testing.assert_array_equal(one["backbone[1]/conv1"], two)


def test_subclassed_models_give_composite_and_inner_layers():
    model, x = kinds.subclassed(), kinds.RGB()
    maps = cw.feature_maps(model, x)
    first, second = model.blocks
    np.testing.assert_allclose(maps["block[0]/conv"], first.convolution(x), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(maps["block[0]"], first(x), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(maps["block[1]"], second(first(x)), rtol=1e-5, atol=1e-4)
    assert "backbone" not in maps, "its maps are those of backbone/relu2"
    np.testing.assert_array_equal(
        cw.feature_maps(model, x, "backbone")["backbone"], maps["backbone/relu2"]
    )


def test_a_loaded_sequential_works(tmp_path):
    model, x = kinds.sequential(), kinds.RGB()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    expected = cw.feature_maps(model, x)["conv1"]
    np.testing.assert_array_equal(cw.feature_maps(loaded, x)["conv1"], expected)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_stays_near_float32(policy):
    mixed, x = kinds.in_precision(policy)(), kinds.RGB() / 255
    full = kinds.functional()
    full.set_weights(mixed.get_weights())
    values, expected = (cw.feature_maps(m, x, "conv2")["conv2"] for m in (mixed, full))
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, atol=2e-2)
    assert not np.array_equal(values, expected), "computed in half precision, not in float32"


def test_channels_first_maps_come_channels_last():
    image = keras.Input((3, 12, 12))
    x = layers.MaxPooling2D(2, data_format="channels_first", name="pool")(image)
    model = keras.Model(image, layers.ReLU(name="relu")(x))
    data = kinds.pixels(1, 12, 12, 3)
    maps = cw.feature_maps(model, data)
    expected = data.reshape(1, 6, 2, 6, 2, 3).max((2, 4))
    np.testing.assert_array_equal(maps["pool"], expected)
    np.testing.assert_array_equal(maps["relu"], expected)


def test_channels_first_is_computed_where_the_processor_can_and_else_says_so():
    image = keras.Input((3, 12, 12))
    model = keras.Model(image, layers.Conv2D(4, 3, data_format="channels_first")(image))
    data = kinds.pixels(1, 12, 12, 3)
    kernel, bias = model.get_weights()
    with suppress(ChannelsFirstError):
        (maps,) = cw.feature_maps(model, data).values()
        expected = keras.ops.conv(data, kernel) + bias
        np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("kind", [tf.errors.UnimplementedError, tf.errors.InvalidArgumentError])
def test_what_tensorflow_says_of_channels_first_is_put_in_a_sentence(kind):
    def function(_):
        raise kind(None, None, "The Conv2D op currently only supports the NHWC tensor format")

    with pytest.raises(ChannelsFirstError, match="channels first.*channels_last.*NHWC tensor"):
        run(function, [tf.constant(0)])


def test_other_words_of_tensorflow_stay_as_they_are():
    def function(_):
        raise tf.errors.InvalidArgumentError(None, None, "indices are out of range")

    with pytest.raises(tf.errors.InvalidArgumentError, match="out of range"):
        run(function, [tf.constant(0)])


class Counting(layers.Layer):
    """Counts what runs in Python, and what runs in the graph."""

    traced = 0
    run = 0

    def call(self, x):
        Counting.traced += 1

        def count(value):
            Counting.run += 1
            return value

        return tf.ensure_shape(tf.numpy_function(count, [x], x.dtype), x.shape)


def counting_model():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(2, 3, name="before")(image)
    x = Counting(name="counting")(x)
    return keras.Model(image, layers.Conv2D(2, 3, name="after")(x))


def test_one_forward_pass_serves_all_layers_and_a_second_image_is_not_traced():
    model = counting_model()
    cw.feature_maps(model, kinds.pixels(1, 8, 8, 3))
    Counting.traced = Counting.run = 0
    maps = cw.feature_maps(model, kinds.pixels(1, 8, 8, 3, seed=1))
    assert list(maps) == ["before", "counting", "after"]
    cw.feature_maps(model, kinds.pixels(5, 8, 8, 3), ["after", "counting"])
    assert (Counting.traced, Counting.run) == (0, 2)


def test_what_comes_after_a_layer_is_not_computed_for_it():
    model = counting_model()
    cw.feature_maps(model, kinds.pixels(1, 8, 8, 3), "before")
    Counting.run = 0
    cw.feature_maps(model, kinds.pixels(1, 8, 8, 3), "before")
    assert Counting.run == 0


def test_a_thousand_calls_grow_no_graph():
    from tensorflow.python.eager import context

    model, x = kinds.functional(), kinds.pixels(1, 12, 12, 3)
    cw.feature_maps(model, x)
    gc.collect()
    kept = len(context.context().list_function_names()), len(gc.get_objects())
    for _ in range(1000):
        cw.feature_maps(model, x)
    gc.collect()
    assert len(context.context().list_function_names()) <= kept[0]
    assert len(gc.get_objects()) < kept[1] + 1000


def test_kept_functions_are_bounded():
    model, x = kinds.functional(), kinds.pixels(1, 12, 12, 3)
    names = list(cw.feature_maps(model, x))
    for mask in range(1, 3 * tracing._FUNCTIONS_KEPT):
        cw.feature_maps(model, x, [name for i, name in enumerate(names * 2) if mask >> i & 1])
    (kept,) = tracing._traces[model].values()
    assert len(kept._own.functions[kept]) == tracing._FUNCTIONS_KEPT


def test_a_network_that_nobody_holds_is_freed():
    model = kinds.nested()
    cw.feature_maps(model, kinds.RGB())
    cw.list_layers(model)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


class TwoImages(keras.Model):
    def __init__(self):
        super().__init__()
        self.convolution = layers.Conv2D(2, 3, name="conv")

    def call(self, images):
        return self.convolution(images["left"]) + self.convolution(images["right"])


def test_images_that_nobody_holds_are_freed():
    model = TwoImages()
    data = {name: kinds.pixels(1, 8, 8, 3) for name in ("left", "right")}
    cw.feature_maps(model, data)
    gone = weakref.ref(data["left"])
    del data
    gc.collect()
    assert gone() is None


def test_training_and_changed_activations_are_seen():
    model, x = kinds.functional(), kinds.RGB()
    conv1 = model.get_layer("conv1")
    before = cw.feature_maps(model, x, "conv1")["conv1"].copy()
    conv1.kernel.assign(-conv1.kernel)
    conv1.bias.assign(-conv1.bias)
    flipped = cw.feature_maps(model, x, "conv1")["conv1"].copy()
    conv1.activation = keras.activations.linear
    linear = cw.feature_maps(model, x, "conv1")["conv1"]
    np.testing.assert_allclose(np.maximum(linear, 0), flipped, atol=1e-4)
    np.testing.assert_allclose(np.maximum(-linear, 0), before, atol=1e-4)


def test_a_renamed_layer_is_found_by_its_new_name():
    model, x = kinds.functional(), kinds.RGB()
    expected = cw.feature_maps(model, x, "conv1")["conv1"]
    model.get_layer("conv1").name = "first"
    np.testing.assert_array_equal(cw.feature_maps(model, x, "first")["first"], expected)


class Careless(layers.Layer):
    """Changes state and adds a loss whenever it is called."""

    def build(self, _shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.calls.assign_add(1.0)
        self.add_loss(keras.ops.mean(x))
        return x + self.calls * 0


def test_state_and_losses_of_the_user_stay_as_they_were():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(2, 3, activity_regularizer="l2", name="conv")(image)
    model = keras.Model(image, Careless()(x))
    data = kinds.pixels(1, 8, 8, 3)
    model(data)
    losses, calls = [float(loss) for loss in model.losses], float(model.layers[-1].calls)
    cw.feature_maps(model, data)
    assert float(model.layers[-1].calls) == calls
    assert [float(loss) for loss in model.losses] == losses


def test_layers_by_index_in_the_order_asked():
    model, x = kinds.functional(), kinds.RGB()
    assert list(cw.feature_maps(model, x, [3, -1, "conv1"])) == ["conv2", "head", "conv1"]
    with pytest.raises(LayerNotFoundError, match="indices run from 0 to 6"):
        cw.feature_maps(model, x, 7)


def test_a_wrong_name_lists_the_near_ones():
    with pytest.raises(LayerNotFoundError, match="'conv22'.*'backbone/conv2'"):
        cw.feature_maps(kinds.nested(), kinds.RGB(), "conv22")


def test_a_layer_without_maps_says_why():
    model = kinds.multi_input()
    data = {"image": kinds.RGB(), "extra": kinds.pixels(2, 2)}
    with pytest.raises(ValueError, match="'image'.*not called"):
        cw.feature_maps(model, data, "image")
    image = keras.Input((8, 4))
    wrapped = keras.Model(image, layers.LSTM(3, return_state=True, name="lstm")(image))
    with pytest.raises(ValueError, match="'lstm' returns no single tensor"):
        cw.feature_maps(wrapped, kinds.pixels(1, 8, 4), "lstm")


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="'extra'"):
        cw.feature_maps(kinds.multi_input(), {"image": kinds.RGB()})
    with pytest.raises(ValueError, match="2 inputs"):
        cw.feature_maps(kinds.called_twice(), [kinds.RGB()])
    with pytest.raises(ValueError, match=r"two_inputs were given for \[3, 2\] images"):
        cw.feature_maps(kinds.multi_input(), {"image": kinds.RGB(), "extra": kinds.pixels(3, 2)})
