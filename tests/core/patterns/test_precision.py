import threading
from itertools import repeat

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf

import convnet_widgets as cw
from convnet_widgets.core.patterns import precision
from convnet_widgets.core.patterns.cutting import cut
from convnet_widgets.core.patterns.precision import computing_in, fastest_precision


def concrete(network, shape=(2, kinds.SIZE, kinds.SIZE, 3)):
    function = tf.function(network, autograph=False)
    return function.get_concrete_function(tf.TensorSpec(shape))


def convolution_types(network):
    operations = concrete(network).graph.get_operations()
    return {each.outputs[0].dtype for each in operations if each.type == "Conv2D"}


@pytest.mark.parametrize("kind", ["functional", "nested", "nested twice", "subclassed"])
def test_bfloat16_agrees_with_float32(kind):
    make, images, layer = kinds.KINDS[kind]
    model, x = make(), images()
    network = cut(model, layer, precision="bfloat16")
    assert convolution_types(network) == {tf.bfloat16}
    values = concrete(network)(tf.constant(x))[layer]
    expected = cw.feature_maps(model, x, layer)[layer]
    assert values.dtype == tf.float32
    error = np.abs(values - expected)
    assert 0 < error.max() < 0.02 * np.abs(expected).max()
    assert abs(np.mean(values) - expected.mean()) < 0.005 * np.abs(expected).mean()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_float32_also_of_a_network_in_mixed_precision(policy):
    model, x = kinds.in_precision(policy)(), tf.constant(kinds.RGB())
    network = cut(model, "conv2")
    assert convolution_types(network) == {tf.float32}
    expected = cw.feature_maps(kinds.functional(), x, "conv2")["conv2"]
    np.testing.assert_allclose(concrete(network)(x)["conv2"], expected, rtol=1e-5)


def test_layers_of_another_precision_keep_theirs():
    image = keras.Input((8, 8, 3))
    model = keras.Model(image, keras.layers.Conv2D(2, 3, dtype="float64", name="conv")(image))
    for wanted in ("float32", "bfloat16"):
        network = cut(model, "conv", precision=wanted)
        assert convolution_types(network) == {tf.float64}
        assert concrete(network).output_dtypes == {"conv": tf.float32}


def test_the_network_stays_as_it_was():
    model = kinds.subclassed()
    before = [layer.dtype_policy for layer in model._flatten_layers()]
    kept = [set(vars(layer)) for layer in model._flatten_layers()]
    concrete(cut(model, "backbone/conv2", precision="bfloat16"))
    assert all(
        layer.dtype_policy is policy
        for layer, policy in zip(model._flatten_layers(), before, strict=True)
    )
    assert [set(vars(layer)) for layer in model._flatten_layers()] == kept
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_another_thread_keeps_its_precision():
    model, x = kinds.functional(), kinds.RGB()
    expected, seen = model(x).numpy(), []
    with computing_in(model, "bfloat16"):
        assert model.get_layer("conv1").compute_dtype == "bfloat16"
        thread = threading.Thread(target=lambda: seen.append(model(x).numpy()))
        thread.start()
        thread.join()
    np.testing.assert_array_equal(seen[0], expected)


@pytest.fixture
def timed(monkeypatch):
    """``timed(float32, bfloat16)``: the faster one, if runs took these seconds one by one."""

    def timed(*times):
        taken = dict(zip((tf.float32, tf.bfloat16), map(iter, times), strict=True))
        monkeypatch.setattr(precision, "_seconds", lambda _, images: next(taken[images.dtype]))
        fastest_precision.cache_clear()
        return fastest_precision()

    yield timed
    fastest_precision.cache_clear()


@pytest.mark.parametrize(("seconds", "expected"), [(0.5, "bfloat16"), (0.9, "float32")])
def test_the_fastest_needs_a_clear_win(timed, seconds, expected):
    assert timed(repeat(1.0), repeat(seconds)) == expected


def test_runs_that_compile_or_that_something_else_delays_do_not_count(timed):
    assert timed([0.1, 9.0, 1.0, 9.0], repeat(1.0)) == "float32"
    assert timed(repeat(1.0), [0.1, 9.0, 9.0, 0.5]) == "bfloat16"


def test_a_processor_without_bfloat16_computes_in_float32(monkeypatch):
    def refused(_, images):
        if images.dtype == tf.bfloat16:
            raise tf.errors.UnimplementedError(None, None, "no kernel")
        return 1.0

    monkeypatch.setattr(precision, "_seconds", refused)
    fastest_precision.cache_clear()
    assert fastest_precision() == "float32"
    fastest_precision.cache_clear()


def test_the_fastest_is_measured_once(monkeypatch):
    first = fastest_precision()
    assert first in ("float32", "bfloat16")
    monkeypatch.setattr(precision, "_seconds", lambda *_: pytest.fail("measured again"))
    assert fastest_precision() == first


def test_the_measured_gradient_is_not_a_constant():
    gradient = precision._gradient(tf.float32)
    once, twice = (gradient(tf.fill([2, 16, 16, 64], value)) for value in (1.0, 2.0))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-5)
