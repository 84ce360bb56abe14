from collections.abc import Iterator
from dataclasses import dataclass, replace

import keras
import kinds
import numpy as np
import pytest
from keras import layers

from convnet_widgets import VisionModel, load_image, load_model
from convnet_widgets.core.attribution.class_activation_map import class_activation_map
from convnet_widgets.core.attribution.method import Method, Progress
from convnet_widgets.core.attribution.questions import ask
from convnet_widgets.core.attribution.randomisation import (
    RandomisationCheck,
    randomisation_check,
    randomisation_check_steps,
)
from convnet_widgets.core.attribution.rank_correlation import rank_correlation
from convnet_widgets.core.attribution.results import Heatmap, Heatmaps, Target
from convnet_widgets.core.attribution.shuffling import cascade, weighted_parts
from convnet_widgets.core.attribution.subject import Subject

METHODS = ("grad_cam", "score_cam", "ablation_cam", "saliency", "guided_grad_cam", "occlusion")
IMAGE = kinds.RGB()[0]


@dataclass(frozen=True)
class Brightness(Method):
    """The image itself, whatever the network."""

    name = "brightness"
    title = "Brightness"
    of_pixels = True
    takes_layer = False

    def steps(self, subject: Subject) -> Iterator[Progress]:
        yield Progress(1, 1, subject.image.mean(-1))


# Against networks that bear the shuffled weights


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_those_of_networks_with_these_weights(method):
    model = kinds.functional()
    found = randomisation_check(model, IMAGE, method=method, seed=3)
    question = ask(model, IMAGE, None, None, "saliency", None)
    parts = weighted_parts(model, question.subjects[0].traced, question.head)
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    places = {id(w._value.handle): place for place, w in enumerate(model.weights)}
    index = found.heatmap.target.index
    for stage, (path, exchange) in enumerate(cascade(parts, 3, seed=3)):
        for handle, variable in exchange.variables.items():
            twin.weights[places[handle]].assign(variable)
        expected = class_activation_map(twin, IMAGE, target=index, method=method)
        raw = found.heatmaps[stage].raw
        np.testing.assert_allclose(raw, expected.raw, rtol=2e-3, atol=1e-4 * np.abs(raw).max())
        assert found.layers[stage] == path
        assert found.heatmaps[stage].reason == expected.reason


def test_similarity_is_the_absolute_rank_correlation():
    found = randomisation_check(kinds.functional(), IMAGE)
    expected = [abs(rank_correlation(found.heatmap.raw, one.raw)) for one in found.heatmaps]
    np.testing.assert_array_equal(found.similarity, np.float32(expected))
    whole = class_activation_map(kinds.functional(), IMAGE)
    np.testing.assert_array_equal(found.heatmap.raw, whole.raw)
    assert found.heatmap.target == whole.target
    assert {one.target.index for one in found.heatmaps} == {whole.target.index}


def test_a_map_that_ignores_the_weights_does_not_pass():
    found = randomisation_check(kinds.functional(), IMAGE, method=Brightness())
    np.testing.assert_allclose(found.similarity, 1)
    assert not found.passed
    assert "hardly depends on the weights: a mean similarity of 1.00" in found.reason
    start = "RandomisationCheck(not passed · mean similarity 1.00 · 3 stages · the map hardly"
    assert repr(found).startswith(start)


# What passes


def heatmap(raw, reason=""):
    raw = np.asarray(raw, "float32")
    return Heatmap(raw, raw, "conv", Target("class 0", 0, 1.0), "grad_cam", reason)


def check(similarity, reason="", **options):
    similarity = np.array(similarity, "float32")
    maps = Heatmaps([heatmap([0, 1], "flat" if np.isnan(s) else "") for s in similarity])
    names = tuple(f"conv{place}" for place in range(len(similarity)))
    return RandomisationCheck(names, similarity, heatmap([0, 1], reason), maps, **options)


def test_what_passes():
    assert check([0.9, 0.1, 0]).passed
    assert check([0.9, 0.1, 0]).reason == ""
    assert not check([0.9, 0.7, 0.8]).passed
    text = "RandomisationCheck(passed · mean similarity 0.20 · 3 stages, 1 dark"
    learned = {"prominence": 8.0, "shuffled_prominence": np.ones(3, "float32")}
    assert repr(check([0.4, 0, np.nan], **learned)) == f"{text})"
    untold = "whether it was learned is told only of a class among 100 or more"
    assert repr(check([0.4, 0, np.nan])) == f"{text} · {untold})"
    assert untold not in repr(check([0.9, 0.9]))


def test_a_map_that_is_dark_does_not_pass_and_says_so():
    found = check([0.1], reason="no place speaks for the target")
    assert not found.passed
    assert found.reason == (
        "the map is dark before any weight is shuffled: no place speaks for the target"
    )


def test_maps_of_shuffled_weights_that_are_all_dark_do_not_pass():
    found = check([np.nan, np.nan])
    assert found.reason == "no map of shuffled weights has an order that could be compared"
    assert repr(found).startswith("RandomisationCheck(not passed · 2 stages, 2 dark · no map")


def test_a_target_that_stands_out_no_more_than_by_chance():
    chance = np.array([3, 3.4, 3.2], "float32")
    assert check([0.1] * 3, prominence=8.0, shuffled_prominence=chance).passed
    found = check([0.1] * 3, prominence=3.3, shuffled_prominence=chance)
    assert not found.passed
    assert "stands out by 3.3 deviations, no more than of shuffled weights (3.7)" in found.reason


def test_logits_that_overflow_stand_out_by_no_number():
    some = np.array([3, np.nan, 3], "float32")
    assert check([0.1] * 3, prominence=4.0, shuffled_prominence=some).passed
    none = np.full(3, np.nan, "float32")
    assert check([0.1] * 3, prominence=4.0, shuffled_prominence=none).passed
    assert (
        "by nan deviations" in check([0.1] * 3, prominence=np.nan, shuffled_prominence=some).reason
    )


def test_a_dark_map_of_a_network():
    model = kinds.functional()
    model.get_layer("head").kernel.assign(-np.ones((5, 3)))
    found = randomisation_check(model, IMAGE, "relu2")
    assert "dark before any weight is shuffled: no place speaks" in found.reason


def wide(classes):
    """A network that gives its class 2 a logit of its own, and 0 or 1 to the others in turn."""
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Conv2D(1, 1), layers.Flatten(), layers.Dense(classes)]
    )
    model.layers[0].kernel.assign(np.ones((1, 1, 1, 1)))
    model.layers[-1].kernel.assign(np.zeros((16, classes)))
    bias = np.arange(classes) % 2.0
    bias[2] = 50
    model.layers[-1].bias.assign(bias)
    return model


def test_prominence_by_hand():
    model = wide(100)
    logits = np.arange(100) % 2.0
    logits[2] = 50
    found = randomisation_check(model, np.eye(4), stages=1, method="occlusion")
    assert found.prominence == pytest.approx((50 - logits.mean()) / logits.std())
    # shuffled, the classes swap their logits, and the best of them stands out as much
    np.testing.assert_allclose(found.shuffled_prominence, found.prominence, rtol=1e-6)
    second = randomisation_check(model, np.eye(4), target=1, stages=1, method="occlusion")
    assert second.prominence == pytest.approx((1 - logits.mean()) / logits.std())


def test_few_classes_and_other_targets_have_no_prominence():
    few = randomisation_check(wide(99), np.eye(4), method="occlusion")
    own = randomisation_check(
        wide(100), np.eye(4), target=lambda logits: logits[:, 0], method="occlusion"
    )
    assert (few.prominence, few.shuffled_prominence) == (None, None)
    assert (own.prominence, own.shuffled_prominence) == (None, None)


# Work and its end


@pytest.mark.parametrize("kind", ["nested", "subclassed", "multi-input", "mixed_float16", "Conv1D"])
def test_kinds_of_networks(kind):
    make, source, _ = kinds.KINDS[kind]
    images = source()
    one = {k: x[0:1] for k, x in images.items()} if isinstance(images, dict) else images[:1]
    model = make()
    if kind == "Conv1D":
        model = keras.Sequential([model, layers.GlobalAveragePooling1D(), layers.Dense(2)])
    before = [weight.numpy() for weight in model.weights]
    trainable = [layer.trainable for layer in model._flatten_layers()]
    found = randomisation_check(model, one)
    assert len(found.layers) == len(found.similarity) == len(found.heatmaps) > 1
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    assert [layer.trainable for layer in model._flatten_layers()] == trainable


def test_the_seed_decides():
    model = kinds.functional()
    one, same, other = (randomisation_check(model, IMAGE, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.similarity, same.similarity)
    assert (one.heatmaps[0].raw != other.heatmaps[0].raw).any()


def test_no_more_stages_than_layers():
    assert randomisation_check(kinds.functional(), IMAGE).layers == ("head", "conv2", "conv1")
    assert randomisation_check(kinds.functional(), IMAGE, stages=1).layers == ("conv1",)


def test_a_step_at_a_time_and_its_end(monkeypatch):
    steps = list(randomisation_check_steps(kinds.functional(), IMAGE))
    assert [step[:2] for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [step.result is None for step in steps] == [True] * 3 + [False]
    passes = []
    own = Subject.maps_and_gradients
    monkeypatch.setattr(Subject, "maps_and_gradients", lambda s: passes.append(1) or own(s))
    unfinished = randomisation_check_steps(kinds.functional(), IMAGE)
    next(unfinished)
    unfinished.close()
    assert len(passes) == 1


def test_methods_of_many_passes_tell_that_they_are_at_work():
    steps = list(randomisation_check_steps(kinds.functional(), IMAGE, method="occlusion"))
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[0] == 0
    assert done[-1] == 4


def test_what_is_asked_wrongly():
    with pytest.raises(ValueError, match="one image and one target; got images: 2, targets: 1;"):
        randomisation_check(kinds.functional(), kinds.RGB())
    with pytest.raises(ValueError, match="got images: 1, targets: 2; give one of each"):
        randomisation_check(kinds.functional(), IMAGE, target=[0, 1])
    with pytest.raises(ValueError, match="stages is a whole number, at least 1; got 0"):
        randomisation_check(kinds.functional(), IMAGE, stages=0)
    bare = keras.Sequential([keras.Input((4, 4, 1)), layers.ReLU(), layers.Flatten()], name="bare")
    with pytest.raises(ValueError, match="bare has no weights that could be shuffled"):
        randomisation_check(VisionModel(bare), np.eye(4), method="occlusion")


# A trained network, and those that are not


@pytest.mark.parametrize("name", ["cat", "coffee", "rocket"])
def test_a_trained_network_passes(name):
    net, image = load_model("EfficientNetLite0"), load_image(name)
    before = net.model.get_weights()
    found = randomisation_check(net, image)
    assert found.passed, found.reason
    assert found.layers[0] == "predictions"
    assert found.layers[-1] == "stem_conv"
    assert np.nanmean(found.similarity) < 0.5
    assert found.prominence > 7
    assert (found.shuffled_prominence < 5).all()
    for weight, value in zip(net.model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_network_that_has_learned_nothing_does_not_pass(seed):
    net = load_model("EfficientNetLite0", weights="random", seed=seed)
    found = randomisation_check(net, load_image("cat"))
    assert not found.passed
    assert "learned nothing" in found.reason


def test_a_method_that_hardly_asks_the_weights_does_not_pass():
    net, image = load_model("EfficientNetLite0"), load_image("cat")
    found = randomisation_check(net, image, method="eigen_cam", stages=4)
    assert "hardly depends on the weights" in found.reason
    assert replace(found, similarity=np.zeros(4, "float32")).passed
