import keras
import kinds
import numpy as np
import pytest
from keras import layers

import convnet_widgets as cw


def classifier(scores, name="fixed"):
    """A network that returns the same scores for every image."""
    image = keras.Input((4, 4, 3))
    x = layers.Flatten()(image)
    dense = layers.Dense(len(scores), kernel_initializer="zeros", name="head")
    model = keras.Model(image, dense(x), name=name)
    dense.bias.assign(scores)
    return model


IMAGE = kinds.pixels(4, 4, 3)


def test_the_highest_scores_come_first_with_their_labels():
    net = cw.VisionModel(classifier([0.25, 4, -1, 2]), labels=["ant", "bee", "cat", "dog"])
    assert cw.predict(net, IMAGE, top=3) == [[(1, "bee", 4.0), (3, "dog", 2.0), (0, "ant", 0.25)]]


def test_classes_without_names_bear_their_index_and_ties_keep_their_order():
    (best,) = cw.predict(classifier([1, 3, 1, 3]), IMAGE)
    assert [(p.index, p.label) for p in best] == [(1, "1"), (3, "3"), (0, "0"), (2, "2")]


def test_all_classes_are_named_when_there_are_fewer():
    assert len(cw.predict(classifier([1, 2]), IMAGE)[0]) == 2
    assert len(cw.predict(classifier([1, 2]), IMAGE, top=np.int64(1))[0]) == 1


@pytest.mark.parametrize("top", [0, -1, 2.5, "3", None])
def test_a_number_of_classes_that_is_none_is_refused(top):
    with pytest.raises(ValueError, match="an integer from 1 on, not"):
        cw.predict(classifier([1, 2]), IMAGE, top=top)


def test_a_batch_has_an_answer_for_each_image_as_the_network_gives_it():
    model, x = kinds.functional(), kinds.pixels(5, 12, 12, 3)
    answers = cw.predict(model, x, top=3)
    expected = model(x).numpy()
    for answer, scores in zip(answers, expected, strict=True):
        assert [p.index for p in answer] == list(np.argsort(-scores))
        np.testing.assert_allclose([p.score for p in answer], np.sort(scores)[::-1], rtol=1e-4)


def test_an_output_is_chosen_by_name_or_place():
    model, x = kinds.multi_output(), kinds.RGB()
    animal, indoors = model(x)
    for output, expected in (("animal", animal), (0, animal), ("indoors", indoors), (-1, indoors)):
        (answer, _) = cw.predict(model, x, output=output)
        assert answer[0].index == int(np.argmax(expected[0]))
        assert len(answer) == expected.shape[1]
    for output in (None, "plant", 2, -3):
        with pytest.raises(ValueError, match=r"outputs \['animal', 'indoors'\].*output="):
            cw.predict(model, x, output=output)


def two_heads():
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    heads = {"zebra": layers.Dense(3, name="first")(x), "ape": layers.Dense(2, name="second")(x)}
    return kinds.seeded(keras.Model(base.input, heads))


def test_an_output_is_chosen_by_the_key_of_a_dict():
    model, x = two_heads(), kinds.RGB()
    expected = model(x)
    for key, layer in (("zebra", "first"), ("ape", "second")):
        for output in (key, layer):
            answer = cw.predict(model, x, output=output)[1]
            assert answer[0].score == pytest.approx(float(np.max(expected[key][1])), rel=1e-4)


def test_outputs_of_a_dict_are_offered_by_their_keys():
    with pytest.raises(ValueError, match=r"the outputs \['ape', 'zebra'\]: choose"):
        cw.predict(two_heads(), kinds.RGB())


def test_a_subclassed_network_may_return_a_dict_with_nothing_in_it():
    class Sparse(keras.Model):
        def __init__(self):
            super().__init__()
            self.base = kinds.functional()

        def call(self, x):
            return {"scores": self.base(x), "boxes": None}

    model, x = Sparse(), kinds.RGB()
    assert cw.predict(model, x) == cw.predict(model, x, output="scores")
    assert cw.predict(model, x)[0][0].index == int(np.argmax(model.base(x)[0]))


def dog_or_not():
    image = keras.Input((4, 4, 3))
    unit = layers.Dense(1, activation="sigmoid", kernel_initializer="zeros", name="dog")
    model = keras.Model(image, unit(layers.Flatten()(image)))
    unit.bias.assign([np.log(3)])
    return model


def test_a_single_sigmoid_unit_answers_for_two_classes():
    (answer,) = cw.predict(dog_or_not(), IMAGE)
    assert [(p.index, p.label) for p in answer] == [(1, "1"), (0, "0")]
    assert [p.score for p in answer] == pytest.approx([0.75, 0.25])


def test_a_single_sigmoid_unit_may_have_two_names():
    net = cw.VisionModel(dog_or_not(), labels=["no dog", "dog"])
    (answer,) = cw.predict(net, IMAGE)
    assert [p.label for p in answer] == ["dog", "no dog"]


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_scores_in_half_precision_are_read(policy):
    model, x = kinds.in_precision(policy)(), kinds.RGB()
    scores = keras.ops.convert_to_numpy(keras.ops.cast(model(x), "float32"))
    for answer, expected in zip(cw.predict(model, x), scores, strict=True):
        np.testing.assert_allclose([p.score for p in answer], np.sort(expected)[::-1], rtol=0.05)


def test_a_network_that_is_no_classifier_is_refused():
    with pytest.raises(ValueError, match=r"backbone is no classifier.*\(10, 10, 5\).*include_top"):
        cw.predict(kinds.backbone(), kinds.RGB())


def test_one_output_needs_no_choice():
    assert cw.predict(dog_or_not(), IMAGE, output=0) == cw.predict(dog_or_not(), IMAGE)
    with pytest.raises(ValueError, match="one output, and 'fox' is none: leave output= out"):
        cw.predict(dog_or_not(), IMAGE, output="fox")


def test_labels_of_another_number_of_classes_are_not_used_for_an_output():
    net = cw.VisionModel(kinds.multi_output(), labels=["a", "b", "c"])
    x = kinds.RGB()
    assert {p.label for p in cw.predict(net, x, output="animal")[0]} == {"a", "b", "c"}
    assert {p.label for p in cw.predict(net, x, output="indoors")[0]} == {"0", "1"}


def test_answers_read_as_text_and_as_html_with_names_escaped():
    net = cw.VisionModel(classifier([0.125, 0.875]), labels=["<b>bold</b>", "cat & dog"])
    (best,) = cw.predict(net, IMAGE)
    assert repr(best).splitlines() == ["  0.875     1  cat & dog", "  0.125     0  <b>bold</b>"]
    html = best._repr_html_()
    assert "<td>0.875</td><td>1</td><td>cat &amp; dog</td>" in html
    assert "<td>&lt;b&gt;bold&lt;/b&gt;</td>" in html
    assert html.index("cat &amp; dog") < html.index("bold")


def test_networks_never_called_and_of_several_inputs_are_asked_too():
    x = kinds.RGB()
    fresh = kinds.sequential_never_called()
    answer = cw.predict(fresh, x, top=1)
    assert answer[0][0].index == int(np.argmax(fresh(x)[0]))
    model = kinds.multi_input()
    data = {"image": x, "extra": kinds.pixels(2, 2)}
    assert cw.predict(model, data)[0][0].index == int(np.argmax(model(data)[0]))
