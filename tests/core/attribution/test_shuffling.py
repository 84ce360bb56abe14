import keras
import kinds
import numpy as np
import pytest

from convnet_widgets import VisionModel
from convnet_widgets.core.attribution.questions import ask
from convnet_widgets.core.attribution.shuffling import cascade, weighted_parts


def parts_of(model, images, output=None):
    question = ask(model, images, None, None, "saliency", output)
    return weighted_parts(model, question.subjects[0].traced, question.head)


PARTS = {
    "functional": ["head", "conv2", "conv1"],
    "sequential": ["head", "conv1"],
    "nested": ["head", "backbone/conv2", "backbone/conv1"],
    "subclassed": ["head", "backbone/conv2", "backbone/conv1", "block[1]/conv", "block[0]/conv"],
    "multi-input": ["head", "conv1"],
    "mixed_bfloat16": ["head", "conv2", "conv1"],
}


@pytest.mark.parametrize("kind", PARTS)
def test_parts_from_the_top_down(kind):
    make, source, _ = kinds.KINDS[kind]
    assert [part.path for part in parts_of(make(), source())] == PARTS[kind]


def test_a_layer_that_is_called_twice_is_one_part():
    model = kinds.called_twice()
    x = keras.layers.GlobalAveragePooling2D()(model.output)
    model = keras.Model(model.inputs, keras.layers.Dense(3, name="head")(x))
    found = [part.path for part in parts_of(model, [kinds.RGB(), kinds.RGB()])]
    assert found == ["head", "backbone[0]/conv2", "backbone[0]/conv1"]


def test_normalisations_go_with_the_kernel_before_them():
    model = kinds.functional()
    *_, conv1 = parts_of(model, kinds.RGB())
    names = [len(part.variables) for part in parts_of(model, kinds.RGB())]
    assert names == [2, 2, 6]
    assert conv1.variables[-1].shape == (4,)


def test_the_head_of_another_output_is_left_out():
    found = parts_of(kinds.multi_output(), kinds.RGB(), "indoors")
    assert [part.path for part in found] == ["indoors", "conv2", "conv1"]


def test_more_and_more_weights_are_shuffled_and_the_network_s_own_stay():
    model = kinds.functional()
    before = [weight.numpy() for weight in model.weights]
    parts = parts_of(model, kinds.RGB())
    stages = []
    for path, exchange in cascade(parts, 3, seed=0):
        moved = [
            part.path
            for part in parts
            if any(
                (exchange.variables[id(v.handle)].numpy() != v.numpy()).any()
                for v in part.variables
            )
        ]
        stages.append((path, moved))
    assert stages == [
        ("head", ["head"]),
        ("conv2", ["head", "conv2"]),
        ("conv1", ["head", "conv2", "conv1"]),
    ]
    for part in parts:
        for variable in part.variables:
            shuffled = exchange.variables[id(variable.handle)].numpy()
            np.testing.assert_array_equal(np.sort(shuffled, None), np.sort(variable.numpy(), None))
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.parametrize(("stages", "expected"), [(1, [2]), (2, [0, 2]), (3, [0, 1, 2])])
def test_stages_are_spread_from_the_first_part_to_the_last(stages, expected):
    parts = parts_of(kinds.functional(), kinds.RGB())
    paths = [path for path, _ in cascade(parts, stages, seed=0)]
    assert paths == [parts[place].path for place in expected]


def test_a_network_s_exchanged_answers_are_those_of_a_network_with_these_weights():
    model, images = kinds.functional(), kinds.RGB()
    subject = ask(VisionModel(model), images, None, None, "saliency", None).subjects[0]
    parts = parts_of(model, images)
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    places = {id(w._value.handle): place for place, w in enumerate(model.weights)}
    for _, exchange in cascade(parts, 3, seed=1):
        for handle, variable in exchange.variables.items():
            twin.weights[places[handle]].assign(variable)
        logits = subject.exchanging(exchange).answers().logits
        np.testing.assert_allclose(logits, twin(images), rtol=1e-4, atol=1e-5)
