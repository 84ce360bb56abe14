"""A key is another one where the pixels may be, and the same one in every process otherwise."""

import functools
import subprocess
import sys
from dataclasses import dataclass, replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.patterns import keys, transforms
from convnet_widgets.core.patterns.keys import content, network_digest, pattern_keys


@dataclass(frozen=True)
class Recipe:
    transforms: tuple = (transforms.Jitter(8),)
    rate: float = 0.05

    def __repr__(self):
        return "the same for all"


def sequential(*inner, size=8):
    model = keras.Sequential([keras.Input((size, size, 3)), *inner])
    generator = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(generator.standard_normal(weight.shape))
    return model


def small(activation="relu", strides=1):
    return sequential(layers.Conv2D(4, 3, strides=strides, activation=activation, name="conv"))


# The network


def test_equal_networks_have_one_digest():
    assert network_digest(small()) == network_digest(small())
    net = cw.VisionModel(small())
    assert network_digest(net) == network_digest(net.model)


PROGRAM = """
import keras, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from test_keys import PATCHED, Recipe, Subclassed, small
from convnet_widgets.core.patterns.keys import content, network_digest
model = Subclassed(3)
model(np.zeros((1, 8, 8, 3)))
for weight in model.weights:
    weight.assign(np.ones(weight.shape))
print(network_digest(small()), network_digest(model), content([Recipe(), {"b", "a"}, PATCHED]))
"""
PATCHED = functools.partial(lambda value, by: [value for _ in {"x", "y", by}], by="z")


def test_another_process_gives_the_same(request):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(request.path.parent)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONHASHSEED": seed, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        for seed in "12"
    ]
    first, second = (process.communicate()[0] for process in processes)
    assert first == second
    assert first.split()[0] == network_digest(small())


def test_the_numbers_that_keras_gives_do_not_count():
    models = [sequential(layers.Conv2D(4, 3), layers.ReLU()) for _ in range(2)]
    models += [keras.Model(model.inputs, model.outputs[0] * 2 + 1) for model in models]
    assert models[0].layers[0].name != models[1].layers[0].name
    first, second, *ops = map(network_digest, models)
    assert first == second
    assert ops[0] == ops[1] != first
    named = sequential(layers.Conv2D(4, 3, name="mine"), layers.ReLU())
    assert network_digest(named) != first


@pytest.mark.parametrize("kind", ["least significant bit", "sign of zero", "bias"])
def test_a_changed_weight_is_found(kind):
    model = small()
    kernel, bias = model.layers[0].get_weights()
    kernel[0, 0, 0, 0] = 0
    model.layers[0].set_weights([kernel, bias])
    before = network_digest(model)
    if kind == "least significant bit":
        kernel[-1, -1, -1, -1] = np.nextafter(kernel[-1, -1, -1, -1], np.float32(9))
    elif kind == "sign of zero":
        kernel[0, 0, 0, 0] = -0.0
    else:
        bias[2] += 1
    model.layers[0].set_weights([kernel, bias])
    assert network_digest(model) != before


def test_exchanged_weights_are_found():
    model = sequential(layers.Dense(3), layers.Dense(3))
    first, second = (layer.get_weights() for layer in model.layers)
    before = network_digest(model)
    model.layers[0].set_weights(second)
    model.layers[1].set_weights(first)
    assert network_digest(model) != before


def test_moving_statistics_count():
    model = sequential(layers.BatchNormalization())
    before = network_digest(model)
    model.layers[0].moving_variance.assign([1.0, 2.0, 3.0])
    assert network_digest(model) != before


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "mixed_bfloat16"])
def test_precision_counts_and_no_type_of_weight_is_refused(dtype):
    model = sequential(layers.Dense(2, dtype=dtype))
    before = network_digest(model)
    assert before != network_digest(sequential(layers.Dense(2)))
    kernel, bias = model.layers[0].get_weights()
    kernel[0, 0] = 2
    model.layers[0].set_weights([kernel, bias])
    assert network_digest(model) != before


def test_what_is_computed_with_equal_weights_counts():
    models = [small(), small("elu"), small(strides=2)]
    models.append(small())
    models[-1].layers[0].activation = keras.activations.linear
    models.append(small())
    models[-1].layers[0].activation = lambda x: x + 1
    models.append(small())
    models[-1].layers[0].activation = lambda x: x + 2
    models.append(sequential(*small().layers, layers.ReLU(6.0)))
    models.append(sequential(*small().layers, layers.ReLU(5.0)))
    assert len(set(map(network_digest, models))) == len(models)


def test_wiring_counts():
    def wired(swapped, factor=2.0):
        inputs = keras.Input((4, 4, 3))
        first, second = (layers.ReLU(name=name) for name in "ab")
        parts = [first(inputs), second(inputs * factor)]
        return keras.Model(inputs, layers.Subtract(name="s")(parts[::-1] if swapped else parts))

    nets = [wired(swapped=False), wired(swapped=True), wired(swapped=False, factor=3.0)]
    assert len(set(map(network_digest, nets))) == 3


class Subclassed(keras.Model):
    def __init__(self, factor, hook=None):
        super().__init__(name="mine")
        self.conv = layers.Conv2D(2, 3, name="conv")
        self.factor = factor
        self.hook = hook or (lambda x: x)

    def call(self, x):
        return self.hook(self.conv(x) * self.factor)


class Other(Subclassed):
    def call(self, x):
        return self.hook(self.conv(x) + self.factor)


def built(model):
    model(np.zeros((1, 8, 8, 3)))
    for weight in model.weights:
        weight.assign(np.ones(weight.shape))
    return model


def scaled(scale):
    return lambda x: x * scale


def test_settings_and_code_of_the_users_classes_count():
    models = [Subclassed(2), Subclassed(3), Other(2), Subclassed(2, scaled(2))]
    models.append(Subclassed(2, scaled(3)))
    digests = [network_digest(built(model)) for model in models]
    assert len(set(digests)) == len(models)
    assert network_digest(built(Subclassed(2, scaled(3)))) == digests[-1]


def test_preprocessing_counts():
    model = small()
    ways = [None, lambda x: x / 255, lambda x: x / 127, scaled(2.0), scaled(3.0)]
    assert len({network_digest(cw.VisionModel(model, way)) for way in ways}) == len(ways)


def test_preprocessing_that_refuses_the_probe_is_known_by_its_code():
    def refuse(images):
        raise ValueError(f"expected 224 pixels, got {images.shape}")

    assert network_digest(cw.VisionModel(small(), refuse)) != network_digest(small())


def test_the_network_is_left_as_it_was():
    model = small()
    before = [weight.copy() for weight in model.get_weights()]
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    network_digest(model)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


# The key

REQUEST = {"digest": "0" * 32, "layer": "conv", "filters": [1], "recipe": Recipe()}
SIZES = {"size": 64, "steps": 40, "seed": 0, "precision": "float32"}
OTHERS = {
    "digest": "1" * 32,
    "layer": "conv1",
    "filters": [11],
    "recipe": Recipe(rate=0.06),
    "size": 65,
    "steps": 4,
    "seed": 1,
    "precision": "bfloat16",
}


def test_each_part_makes_another_key(monkeypatch):
    request = REQUEST | SIZES
    found = {*pattern_keys(**request).values()}
    for part, other in OTHERS.items():
        found |= {*pattern_keys(**request | {part: other}).values()}
    monkeypatch.setattr(keys, "ALGORITHM", keys.ALGORITHM + 1)
    found |= {*pattern_keys(**request).values()}
    assert len(found) == len(OTHERS) + 2


def test_other_arithmetic_makes_another_key(monkeypatch):
    request = REQUEST | SIZES
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    found = {*pattern_keys(**request).values()}
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    found |= {*pattern_keys(**request).values()}
    monkeypatch.setattr(tf, "__version__", "2.99.0")
    found |= {*pattern_keys(**request).values()}
    assert len(found) == 3 * len(REQUEST["filters"])


def test_equal_requests_make_equal_keys():
    request = REQUEST | SIZES | {"recipe": Recipe((transforms.Jitter(8),), 0.05)}
    assert pattern_keys(**request) == pattern_keys(**REQUEST, **SIZES)
    numpy = {part: np.int64(SIZES[part]) for part in ("size", "steps", "seed")}
    assert content(numpy) == content({part: SIZES[part] for part in numpy})


def test_what_a_recipe_holds_counts_at_any_depth():
    recipe = Recipe()
    inner = replace(recipe, transforms=(transforms.Jitter(9),))
    assert len({content(one) for one in (recipe, inner, replace(recipe, transforms=()))}) == 3


def test_code_of_a_transform_of_the_users_counts():
    def transform(by):
        @dataclass(frozen=True)
        class Transform:
            def __call__(self, images):
                return images + 1 if by == 1 else images

        class Same(Transform):
            def __call__(self, images):
                return images * 2

        return Transform() if by else Same()

    assert content(transform(0)) != content(transform(1))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, 1.0),
        ((1, 2), (12,)),
        (("a, b",), ("a", "b")),
        (np.arange(5000), np.arange(5000) + (np.arange(5000) == 2500)),
        (np.zeros(4), np.zeros((2, 2))),
        (np.zeros(1, "float32"), np.zeros(1, "int32")),
        (np.array([None, 1]), np.array([None, 2])),
        (tf.constant([1.0, 2.0]), tf.constant([1.0, 3.0])),
        ({"a": 1}, {"a": 2}),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (lambda x: x + 1, lambda x: x + 2),
        (lambda x, y=1: x + y, lambda x, y=2: x + y),
        (keras.activations.relu, keras.activations.elu),
    ],
)
def test_unlike_things_are_written_otherwise(one, other):
    assert content(one) != content(other)
    assert content(one) == content(one)


def test_a_function_that_holds_itself_is_written_down():
    def recurse(x):
        return recurse(x - 1) if x else x

    assert content(recurse) == content(recurse)
