"""The panel of heatmaps: what it shows is what core computes, whatever is chosen and when."""

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import keras
import kinds
import numpy as np
import pytest
import traitlets
from keras import layers
from panels import message, png
from PIL import Image

import convnet_widgets as cw
from convnet_widgets.core.attribution.method import Method, Progress
from convnet_widgets.core.layers import LayerNotFoundError
from convnet_widgets.rendering.colour_maps import lookup_table
from convnet_widgets.rendering.overlays import superimpose
from convnet_widgets.viewers._cam_network import share_text

IMAGE = kinds.pixels(12, 12, 3)
GATE = threading.Event()


@dataclass(frozen=True)
class Waiting(Method):
    """A slow method of many steps, each of which waits for a gate."""

    name = "waiting"
    title = "Waiting"
    slow = True

    def steps(self, subject) -> Iterator[Progress]:
        for done in range(1, 1000):
            GATE.wait(0.02)
            yield Progress(done, 1000)
            if GATE.is_set():
                break
        maps, answers = subject.maps()
        yield Progress(1000, 1000, maps.mean(-1), answers)


LABELS = ("cup", "cat", "drilling platform")


def labelled():
    return cw.VisionModel(kinds.functional(), labels=LABELS)


def of_grey():
    base = kinds.grey()
    x = layers.GlobalAveragePooling2D()(base.output)
    return keras.Model(base.input, layers.Dense(3)(x))


def decoded(viewer, other=""):
    """The heat as the browser has it."""

    def trait(name):
        return getattr(viewer, f"_other_{name}" if other else f"_{name}")

    codes = np.frombuffer(trait("codes"), "<u2").reshape(trait("map_height"), trait("map_width"))
    low, high = trait("range")
    unseen = np.frombuffer(trait("unseen") or bytes(codes.size), np.uint8).reshape(codes.shape)
    return np.where(unseen, np.nan, low + codes / 65535 * (high - low))


# --- networks and images of every kind ---


@pytest.mark.parametrize("name", kinds.KINDS)
def test_every_kind_of_model_is_shown_with_the_map_core_computes(name):
    make, data, _ = kinds.KINDS[name]
    model, images = make(), data()
    try:
        made = cw.class_activation_map(model, images)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)[:20]):
            cw.CamViewer(model, images)
        return
    viewer = cw.CamViewer(model, images)
    viewer.wait()
    assert viewer.error == ""
    expected = made[0] if isinstance(made, list) else made
    np.testing.assert_allclose(viewer.heatmap.values, expected.values, atol=1e-5)
    assert viewer.layer == viewer.heatmap.layer == expected.layer
    if expected.values.ndim == 2 and not expected.reason:
        np.testing.assert_allclose(decoded(viewer), expected.values, atol=2e-5)


def test_the_photograph_is_the_users_own_and_the_map_lies_where_the_network_looked():
    net = cw.VisionModel(kinds.functional(), fit="crop")
    viewer = cw.CamViewer(net, kinds.pixels(700, 1400, 3).astype("uint8"))
    viewer.wait()
    assert (viewer.height, viewer.width) == (700, 1400)
    assert max(Image.open(io.BytesIO(viewer._photograph)).size) <= 640
    assert viewer._box == [0, 350, 700, 700]
    assert viewer.heatmap.values.shape == (10, 10)


@pytest.mark.parametrize("preprocess", [None, lambda batch: batch / 255])
def test_pixels_are_their_own_picture_and_other_numbers_are_drawn(preprocess):
    net = cw.VisionModel(kinds.functional(), preprocess)
    pixels = kinds.pixels(20, 20, 3).astype("uint8")
    viewer = cw.CamViewer(net, pixels)
    np.testing.assert_array_equal(viewer._chosen.picture, pixels)
    viewer.set_image(pixels.astype("float32"))
    viewer.wait()
    np.testing.assert_array_equal(viewer._chosen.picture, pixels)
    grey = cw.CamViewer(of_grey(), pixels[..., :1])
    np.testing.assert_array_equal(grey._chosen.picture, np.repeat(pixels[..., :1], 3, axis=2))
    white = cw.CamViewer(cw.VisionModel(kinds.functional(), preprocess), pixels // 200)
    assert white._chosen.picture.max() == (255 if preprocess is None else 1)


def test_a_sequence_and_a_volume_are_laid_out_as_their_pictures():
    stack = [layers.GlobalAveragePooling1D(), layers.Dense(3)]
    signal = kinds.seeded(keras.Sequential([kinds.one_dimensional(), *stack]))
    viewer = cw.CamViewer(signal, kinds.pixels(20, 2))
    viewer.wait()
    assert viewer.error == ""
    heat = viewer.heatmap.resized((20,))
    np.testing.assert_allclose(decoded(viewer), np.stack([heat] * viewer.height), atol=2e-5)
    stack = [layers.GlobalAveragePooling3D(), layers.Dense(3)]
    volume = kinds.seeded(keras.Sequential([kinds.three_dimensional(), *stack]))
    viewer = cw.CamViewer(volume, kinds.pixels(6, 8, 8, 1))
    viewer.wait()
    assert viewer.error == ""
    shown = decoded(viewer)
    heat = viewer.heatmap.resized((6, 8, 8))
    np.testing.assert_allclose(shown[:8, :8], heat[0], atol=2e-5)
    assert np.isnan(shown[:8, 8]).all()
    np.testing.assert_allclose(shown[:8, 9:17], heat[1], atol=2e-5)


def test_a_network_of_several_inputs_shows_its_map_alone():
    viewer = cw.CamViewer(
        kinds.multi_input(), {"image": kinds.pixels(1, 12, 12, 3), "extra": kinds.pixels(1, 2)}
    )
    viewer.wait()
    assert (viewer.error, viewer._photograph, viewer.height) == ("", b"", 0)
    np.testing.assert_allclose(decoded(viewer), viewer.heatmap.values, atol=2e-5)
    with pytest.raises(RuntimeError, match="several inputs has no photograph"):
        viewer.save("map.png")


def test_the_output_of_several_is_chosen_by_name():
    model = kinds.multi_output()
    viewer = cw.CamViewer(model, IMAGE, output="indoors")
    expected = cw.class_activation_map(model, IMAGE, output="indoors")
    np.testing.assert_array_equal(viewer.heatmap.values, expected.values)
    assert [one["label"] for one in viewer._classes] in (
        ["class 0", "class 1"],
        ["class 1", "class 0"],
    )


def test_a_sigmoid_has_two_classes_and_a_regression_none():
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    sigmoid = keras.Model(base.input, layers.Dense(1, "sigmoid")(x))
    viewer = cw.CamViewer(cw.VisionModel(sigmoid, labels=["dog", "cat"]), IMAGE)
    viewer.wait()
    assert {one["label"] for one in viewer._classes} == {"dog", "cat"}
    assert sum(one["score"] for one in viewer._classes) == pytest.approx(1)
    viewer = cw.CamViewer(keras.Model(base.input, layers.Dense(1)(x)), IMAGE)
    viewer.wait()
    assert (viewer.error, viewer._classes) == ("", [])
    assert viewer.label.startswith("the output · score")


def test_of_a_log_softmax_the_probabilities_are_told():
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    head = layers.Dense(3, activation="log_softmax", kernel_initializer="zeros", name="head")
    model = keras.Model(base.input, head(x))
    model.get_layer("head").bias.assign(np.log([0.5, 0.3, 0.2]))
    viewer = cw.CamViewer(model, IMAGE, method="saliency")
    viewer.wait()
    assert viewer._are_shares
    np.testing.assert_allclose([one["score"] for one in viewer._classes], [0.5, 0.3, 0.2], 1e-6)
    assert "50.0 %" in viewer.label


def test_another_class_is_compared_with_only_where_there_is_one():
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    for head, compares in (
        (layers.Dense(1), False),
        (layers.Dense(1, "sigmoid"), True),
        (layers.Dense(3), True),
    ):
        viewer = cw.CamViewer(keras.Model(base.input, head(x)), IMAGE)
        viewer.wait()
        assert viewer._compares_classes == compares


# --- choices ---


@pytest.mark.parametrize("target", [1, np.int64(1), "cat", "Cat"])
def test_a_class_is_chosen_by_index_or_name(target):
    net = labelled()
    viewer = cw.CamViewer(net, IMAGE)
    viewer.target = target
    expected = cw.class_activation_map(net, IMAGE, target=1)
    np.testing.assert_array_equal(viewer.heatmap.raw, expected.raw)
    assert viewer.label.startswith("cat · score")
    assert cw.CamViewer(net, IMAGE, target=target).heatmap.target.label == "cat"


def test_a_contrast_and_a_function_are_targets_too():
    net = labelled()
    contrast = cw.Contrast("cat", "cup")
    viewer = cw.CamViewer(net, IMAGE, target=contrast)
    expected = cw.class_activation_map(net, IMAGE, target=contrast)
    np.testing.assert_array_equal(viewer.heatmap.raw, expected.raw)
    assert viewer.get_state("target") == {"target": "cat rather than cup"}
    difference = f"{expected.target.score:+.2f}".replace("-", "−")
    assert viewer.label.startswith(f"cat rather than cup · {difference} in logits\n")
    viewer.target = lambda scores: scores[:, 2]
    expected = cw.class_activation_map(net, IMAGE, target=2)
    np.testing.assert_allclose(viewer.heatmap.raw, expected.raw, atol=1e-6)


def test_a_probability_is_told_as_in_the_list_of_classes():
    viewer = cw.CamViewer(sure(), IMAGE, target=2)
    viewer.wait()
    share = next(one["score"] for one in viewer._classes if one["index"] == 2)
    assert viewer.label.startswith(f"drilling platform · {100 * share:.1f} %\n")
    assert [share_text(share) for share in (0.7712, 0.00006, 0.0, np.nan)] == [
        *("77.1 %", "< 0.1 %", "0.0 %", "–")
    ]


def test_a_class_that_is_not_there_is_refused_with_near_ones_and_the_present_stays():
    with pytest.raises(LookupError, match="no class 'cop'.*'cup'"):
        cw.CamViewer(labelled(), IMAGE, target="cop")
    viewer = cw.CamViewer(labelled(), IMAGE, target="cat")
    with pytest.raises(traitlets.TraitError, match="no class 'cop'.*'cup'"):
        viewer.target = "cop"
    with pytest.raises(traitlets.TraitError, match="no class 7: they run from 0 to 2"):
        viewer.other_target = 7
    assert (viewer.target, viewer.error) == ("cat", "")


def test_what_is_typed_is_a_name_or_an_index_and_judged_in_the_panel():
    viewer = cw.CamViewer(labelled(), IMAGE)
    message(viewer, {"kind": "class", "of": "target", "name": " CUP "})
    assert viewer.heatmap.target.index == 0
    message(viewer, {"kind": "class", "of": "target", "name": "2"})
    assert viewer.heatmap.target.label == "drilling platform"
    message(viewer, {"kind": "class", "of": "target", "name": "cot"})
    viewer.wait()
    assert "there is no class 'cot'; near names are 'cat'" in viewer._refused["target"]
    assert (viewer.error, viewer.target) == ("", 2)
    message(viewer, {"kind": "class", "of": "target", "name": "2"})
    assert viewer._refused == {}
    message(viewer, {"kind": "class", "of": "other_target", "name": "99"})
    assert "99" in viewer._refused["other_target"]
    viewer.target = 0
    assert viewer._refused == {}
    message(viewer, {"kind": "class", "of": "layer", "name": "conv1"})
    assert viewer.layer == "relu2"


def test_the_likeliest_classes_are_offered_and_the_chosen_one_below_them():
    viewer = cw.CamViewer(labelled(), IMAGE, top=2)
    viewer.wait()
    predicted = cw.predict(labelled(), IMAGE, 3)[0]
    assert [one["index"] for one in viewer._classes] == [one.index for one in predicted[:2]]
    viewer.target = predicted[2].index
    viewer.wait()
    assert [one["index"] for one in viewer._classes] == [one.index for one in predicted]
    assert viewer._classes[2]["score"] == pytest.approx(predicted[2].score, abs=1e-5)
    viewer.target = None
    viewer.top = 1
    viewer.wait()
    assert len(viewer._classes) == 1


@pytest.mark.parametrize("method", cw.list_methods())
def test_every_method_is_a_choice(method):
    model = kinds.functional()
    viewer = cw.CamViewer(model, IMAGE, "relu2")
    viewer.method = method
    asks = next(one for one in viewer._methods if one["name"] == method)["takes_layer"]
    expected = cw.class_activation_map(model, IMAGE, "relu2" if asks else None, method=method)
    np.testing.assert_allclose(viewer.heatmap.raw, expected.raw, atol=1e-6)
    assert viewer.label.endswith(" of relu2") == asks
    assert not viewer.running


def test_a_method_with_other_parameters_takes_the_place_of_the_usual_one():
    method = type("Doubled", (), {})  # a name of no method
    with pytest.raises(TypeError, match="by its name or as an instance"):
        cw.CamViewer(kinds.functional(), IMAGE, method=method())
    GATE.set()
    viewer = cw.CamViewer(kinds.functional(), IMAGE, method=Waiting())
    assert viewer.method == viewer.heatmap.method == "waiting"
    assert viewer._methods[-1]["title"] == "Waiting"
    with pytest.raises(traitlets.TraitError, match="no method 'grad_kam'.*grad_cam"):
        viewer.method = "grad_kam"


def test_only_layers_with_places_that_lead_to_the_score_are_offered():
    viewer = cw.CamViewer(kinds.functional(), IMAGE)
    assert [one["path"] for one in viewer._layers] == ["conv1", "bn1", "conv2", "relu2"]
    viewer.layer = "conv1"
    assert viewer.heatmap.layer == "conv1"
    with pytest.raises(traitlets.TraitError, match="'pool'.*has no places"):
        viewer.layer = "pool"
    with pytest.raises(LayerNotFoundError, match="conv22"):
        cw.CamViewer(kinds.functional(), IMAGE, "conv22")


def test_many_quick_choices_end_with_the_last():
    net = labelled()
    viewer = cw.CamViewer(net, IMAGE)
    for _ in range(10):
        for layer, target in (("conv1", 0), ("bn1", 1), ("relu2", 2)):
            viewer.layer, viewer.target = layer, target
    expected = cw.class_activation_map(net, IMAGE, "relu2", 2)
    np.testing.assert_array_equal(viewer.heatmap.raw, expected.raw)
    assert not viewer.busy


def test_another_image_by_sample_and_upload():
    net = labelled()
    viewer = cw.CamViewer(net, IMAGE, target=1)
    message(viewer, {"kind": "sample", "name": "coffee"})
    expected = cw.class_activation_map(net, cw.load_image("coffee"), target=1)
    np.testing.assert_array_equal(viewer.heatmap.raw, expected.raw)
    assert (viewer._image_name, viewer.height, viewer.width) == ("coffee", 400, 600)
    message(viewer, {"kind": "upload", "name": "mine.png"}, memoryview(png(30, 20, 3)))
    expected = cw.class_activation_map(net, cw.load_image(png(30, 20, 3)), target=1)
    np.testing.assert_array_equal(viewer.heatmap.raw, expected.raw)
    assert (viewer._image_name, viewer.height, viewer.width) == ("mine.png", 30, 20)


def test_an_image_that_cannot_be_read_leaves_the_present_one():
    viewer = cw.CamViewer(labelled(), IMAGE)
    before = viewer.heatmap
    message(viewer, {"kind": "upload", "name": "notes.txt"}, memoryview(b"no picture"))
    viewer.wait()
    assert viewer.error.startswith("notes.txt: ")
    assert viewer.heatmap.target.label == before.target.label
    viewer.layer = "conv1"
    viewer.wait()
    assert viewer.error == ""


def test_after_training_refresh_computes_anew():
    model = kinds.functional()
    viewer = cw.CamViewer(model, IMAGE)
    viewer.wait()
    kinds.seeded(model, 7)
    viewer.refresh()
    expected = cw.class_activation_map(model, IMAGE)
    np.testing.assert_array_equal(viewer.heatmap.raw, expected.raw)


def test_a_map_made_before_is_not_made_again(monkeypatch):
    from convnet_widgets.viewers import _cam_maps

    made, steps = [], _cam_maps.class_activation_steps
    monkeypatch.setattr(
        _cam_maps,
        "class_activation_steps",
        lambda *question: (made.append(question[2:4]), steps(*question))[1],
    )
    viewer = cw.CamViewer(labelled(), IMAGE, target=0)
    viewer.wait()
    for target in (1, 0, 1):
        viewer.target = target
        viewer.wait()
    assert made == [("relu2", 0), ("relu2", 1)]


# --- comparison ---


def test_two_classes_stand_on_one_scale():
    net = labelled()
    viewer = cw.CamViewer(net, IMAGE, target=0, compare="class", other_target=1)
    first, second = viewer.heatmaps
    top = max(first.raw.max(), second.raw.max(), 0)
    for heatmap, other in ((first, ""), (second, "other")):
        if not heatmap.reason:
            np.testing.assert_allclose(
                decoded(viewer, other), np.maximum(heatmap.raw, 0) / top, atol=2e-5
            )
    assert (first.target.index, second.target.index) == (0, 1)
    assert viewer._scale_note.startswith(f"One scale for both: heat 1 is {top:.3g}")


def test_without_a_name_the_likeliest_other_class_is_compared():
    viewer = cw.CamViewer(labelled(), IMAGE, compare="class")
    order = [one.index for one in cw.predict(labelled(), IMAGE, 3)[0]]
    assert [one.target.index for one in viewer.heatmaps] == order[:2]
    viewer.target = order[1]
    assert [one.target.index for one in viewer.heatmaps] == [order[1], order[0]]


@pytest.mark.parametrize(
    "same",
    [
        {"compare": "class", "target": 2, "other_target": "drilling platform"},
        {"compare": "method", "method": "hires_cam", "other_method": "hires_cam"},
        {"compare": "method", "target": cw.Contrast(2, 1), "other_method": "grad_cam"},
    ],
)
def test_a_map_beside_itself_is_told_and_two_maps_are_not(same):
    viewer = cw.CamViewer(labelled(), IMAGE, **same)
    viewer.wait()
    told = "Both are the same map; choose another to compare with. "
    assert viewer._scale_note.startswith(f"{told}One scale for both: heat 1 is")
    assert told.strip() in viewer.figure().get_suptitle().splitlines()
    viewer.other_method, viewer.other_target = "layer_cam", 1
    viewer.wait()
    assert viewer._scale_note.startswith("One scale for both")


def test_methods_of_one_unit_share_a_scale_and_others_say_that_they_do_not():
    viewer = cw.CamViewer(labelled(), IMAGE, compare="method", other_method="hires_cam")
    first, second = viewer.heatmaps
    assert (first.method, second.method) == ("grad_cam", "hires_cam")
    assert viewer._scale_note.startswith("One scale for both")
    viewer.other_method = "eigen_cam"
    viewer.wait()
    assert viewer._scale_note == (
        "Each on its own scale: the two methods measure different things."
    )
    assert max(viewer._range[1], viewer._other_range[1]) == 1
    viewer.compare = "none"
    viewer.wait()
    assert (viewer._compares, viewer._other_codes, len(viewer.heatmaps)) == (False, b"", 1)
    assert viewer._scale_note == "Heat 1 is the largest value of the map."


# --- maps of single pixels ---


FINE = ("saliency", "smooth_grad", "integrated_gradients", "guided_grad_cam")


def on_its_scale(heatmap):
    top = np.quantile(np.maximum(heatmap.raw, 0), 0.99)
    return np.clip(heatmap.raw / top, 0, 1)


@pytest.mark.parametrize("method", FINE)
def test_a_few_pixels_do_not_leave_all_others_black(method, tmp_path):
    photograph = kinds.pixels(12, 12, 3).astype("uint8")
    viewer = cw.CamViewer(labelled(), photograph, target=2, method=method)
    heat = on_its_scale(viewer.heatmap)
    assert (heat == 1).sum() == 2  # of 144
    np.testing.assert_allclose(decoded(viewer), heat, atol=2e-5)
    assert viewer._scale_note == ("Heat 1 is the 99th percentile; all above it is drawn as 1.")
    viewer.save(tmp_path / "fine.png")
    saved = np.asarray(Image.open(tmp_path / "fine.png")).astype(int)
    assert np.abs(saved - superimpose(photograph, heat)).max() <= 1
    axes = viewer.figure().axes[0]
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert axes.format_coord(column, row).endswith(": 1")


def test_two_maps_of_pixels_share_a_percentile_and_others_have_their_own_scale():
    viewer = cw.CamViewer(labelled(), IMAGE, target=2, method="saliency", compare="class")
    tops = [np.quantile(np.maximum(one.raw, 0), 0.99) for one in viewer.heatmaps]
    for heatmap, other in zip(viewer.heatmaps, ("", "other"), strict=True):
        heat = np.clip(heatmap.raw / max(tops), 0, 1)
        np.testing.assert_allclose(decoded(viewer, other), heat, atol=2e-5)
    larger = "first" if tops[0] > tops[1] else "second"
    assert viewer._scale_note == (
        f"One scale for both: heat 1 is {max(tops):.3g}, the 99th percentile of the {larger}."
    )
    viewer.compare, viewer.other_method = "method", "grad_cam"
    viewer.wait()
    np.testing.assert_allclose(decoded(viewer), on_its_scale(viewer.heatmap), atol=2e-5)
    np.testing.assert_allclose(decoded(viewer, "other"), viewer.heatmaps[1].values, atol=2e-5)
    assert viewer._scale_note.endswith("different things. Of pixels heat 1 is the 99th percentile.")


def test_a_map_of_fewer_pixels_than_a_percentile_has_its_largest_value_as_heat_1():
    net = keras.Sequential([keras.Input((12, 12, 1)), layers.Conv2D(1, 12), layers.Flatten()])
    kernel = np.zeros((12, 12, 1, 1))
    kernel[3, 4] = 2
    net.layers[0].set_weights([kernel, np.zeros(1)])
    viewer = cw.CamViewer(net, kinds.pixels(12, 12, 1), method="saliency")
    viewer.wait()
    np.testing.assert_array_equal(decoded(viewer), kernel[..., 0, 0] / 2)
    assert viewer._scale_note == "Heat 1 is the largest value of the map."


# --- dark maps ---


def dark():
    stack = [layers.Conv2D(4, 3, kernel_initializer="zeros"), layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((12, 12, 3)), *stack, layers.Dense(3)])


def test_a_dark_map_is_a_sentence_and_no_picture(tmp_path):
    viewer = cw.CamViewer(dark(), IMAGE)
    viewer.wait()
    assert viewer.error == ""
    assert viewer.note == f"{viewer.heatmap.reason[0].upper()}{viewer.heatmap.reason[1:]}."
    assert len(viewer.note) > 20
    assert (viewer._codes, viewer._scale_note) == (b"", "")
    assert viewer.figure().get_suptitle() == viewer.caption
    with pytest.raises(RuntimeError, match="no heat to save: "):
        viewer.save(tmp_path / "dark.png")
    viewer.figure().savefig(tmp_path / "dark_figure.png")


@pytest.mark.parametrize("methods", [("grad_cam", "eigen_cam"), ("eigen_cam", "saliency")])
def test_two_dark_maps_have_no_scale(methods):
    method, other = methods
    viewer = cw.CamViewer(dark(), IMAGE, method=method, compare="method", other_method=other)
    assert all(one.reason for one in viewer.heatmaps)
    assert viewer._scale_note == ""


def test_a_map_beside_a_dark_one_has_the_scale_of_its_own_method():
    # class 0 reads nothing of the photograph
    net = keras.Sequential([keras.Input((12, 12, 1)), layers.Flatten(), layers.Dense(2)])
    weights = np.stack([np.zeros(144), np.arange(144)], axis=1)
    net.layers[-1].set_weights([weights, np.zeros(2)])
    viewer = cw.CamViewer(
        net, kinds.pixels(12, 12, 1), target=0, method="saliency", compare="class", other_target=1
    )
    assert [bool(one.reason) for one in viewer.heatmaps] == [True, False]
    top = np.quantile(np.arange(144), 0.99)
    assert viewer._scale_note == (
        f"One scale for both: heat 1 is {top:.3g}, the 99th percentile of the second."
    )


def test_what_is_no_number_is_said_and_can_be_sent():
    model = kinds.functional()
    model.get_layer("head").bias.assign([np.nan, 0, 0])
    viewer = cw.CamViewer(model, IMAGE, target=0)
    viewer.wait()
    assert viewer.error == ""
    json.dumps(viewer._classes, allow_nan=False)
    assert {one["index"]: one["score"] for one in viewer._classes}[0] is None
    json.dumps(viewer.quality.traits(viewer._ready()), allow_nan=False)


# --- slow methods ---


@pytest.fixture
def waiting():
    GATE.clear()
    viewer = cw.CamViewer(labelled(), IMAGE, method=Waiting())
    yield viewer
    GATE.set()
    viewer.wait()


def until(viewer, trait, value):
    """Wait until a trait has a value, set in the worker's thread."""
    reached = threading.Event()
    viewer.observe(lambda change: change.new == value and reached.set(), trait)
    assert getattr(viewer, trait) == value or reached.wait(10)


def test_a_slow_method_tells_how_far_it_is(waiting):
    until(waiting, "running", True)
    seen = threading.Event()
    waiting.observe(lambda change: change.new > 3 and seen.set(), "step")
    assert seen.wait(10)
    assert waiting.steps == 1000
    assert {one["label"] for one in waiting._classes} == {"cup", "cat", "drilling platform"}
    assert waiting.label == ""
    GATE.set()
    waiting.wait()
    assert (waiting.running, waiting.step) == (False, 0)
    assert waiting.heatmap.method == "waiting"


def test_a_stop_ends_the_work_and_going_on_begins_anew(waiting):
    until(waiting, "running", True)
    waiting.stopped = True
    waiting.wait(5)
    assert (waiting.running, waiting.busy, waiting.error) == (False, False, "")
    with pytest.raises(RuntimeError, match="there is no heatmap; it was stopped"):
        waiting.heatmap  # noqa: B018
    GATE.set()
    waiting.stopped = False
    assert waiting.heatmap.method == "waiting"


def test_another_choice_ends_a_slow_method_and_a_stop(waiting):
    until(waiting, "running", True)
    waiting.method = "grad_cam"
    assert waiting.heatmap.method == "grad_cam"
    waiting.method = "waiting"
    until(waiting, "running", True)
    waiting.stopped = True
    waiting.wait(5)
    assert waiting.heatmap.method == "grad_cam"  # still shown, and called so
    assert "Grad-CAM" in waiting.label
    waiting.target = 2
    assert not waiting.stopped
    GATE.set()
    waiting.wait()
    assert (waiting.heatmap.method, waiting.heatmap.target.index) == ("waiting", 2)


def test_another_photograph_ends_a_stop_too(waiting):
    until(waiting, "running", True)
    waiting.stopped = True
    waiting.wait(5)
    GATE.set()
    waiting.set_image(kinds.pixels(20, 12, 3))
    assert waiting.heatmap.method == "waiting"
    assert (waiting.stopped, waiting.height) == (False, 20)


def test_a_map_that_has_no_gradient_names_the_step_in_the_panel():
    image = keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, name="conv")(image)
    x = layers.Lambda(keras.ops.round, name="steps")(x)
    x = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    viewer = cw.CamViewer(keras.Model(image, x), IMAGE, "conv")
    viewer.wait()
    assert "steps" in viewer.error
    assert not viewer._error_passes
    message(viewer, {"kind": "upload", "name": "notes.txt"}, memoryview(b"no picture"))
    viewer.wait()
    assert "steps" in viewer.error  # of what is chosen, which is more than a file
    assert not viewer._error_passes
    assert "GradientError" not in viewer.error
    assert len(viewer._classes) == 3
    viewer.method = "eigen_cam"
    assert viewer.heatmap.layer == "conv"
    assert viewer.error == ""


# --- quality ---


def sure():
    """A classifier with probabilities, for a photograph of which its map is not dark."""
    x = kinds.functional()
    return cw.VisionModel(keras.Model(x.input, layers.Softmax()(x.output)), labels=LABELS)


def test_quality_is_what_core_measures_of_the_map_shown():
    net, heard = sure(), []
    viewer = cw.CamViewer(net, IMAGE, target=2, compare="class")
    viewer.observe(lambda change: heard.append(sorted(change.new)), "_quality")
    heatmap, found = viewer.heatmap, viewer.quality
    assert found.lacks == {}
    curves = cw.insertion_deletion(net, IMAGE, heatmap)
    np.testing.assert_allclose(found.curves.insertion, curves.insertion, atol=1e-6)
    np.testing.assert_allclose(found.curves.deletion, curves.deletion, atol=1e-6)
    drop = cw.drop_and_increase(net, IMAGE, heatmap)
    assert found.drop_increase.average_drop == pytest.approx(drop.average_drop, abs=1e-3)
    check = cw.randomisation_check(net, IMAGE, "relu2", 2)
    np.testing.assert_allclose(found.randomisation.similarity, check.similarity, atol=1e-5)
    told = viewer._quality
    assert told["of"] == viewer.label.replace("\n", " · ")
    assert told["curves"]["insertion_auc"] == pytest.approx(curves.insertion_auc)
    assert told["drop"]["after"] == pytest.approx(drop.after[0], abs=1e-6)
    assert told["check"]["layers"] == list(check.layers)
    assert told["check"]["passed"] == check.passed
    assert told["check"]["tells_learned"] is False  # of fewer than 100 classes
    assert told["check"]["beware"] == ""
    assert (found.answer, told["curves"]["answer"]) == ("probability", "probability")
    assert ["curves", "lacks", "of"] in heard
    assert viewer.quality is found
    assert not viewer.running


@pytest.mark.parametrize(
    ("net", "target", "answer"),
    [
        ("shares", cw.Contrast(2, 1), "difference of probabilities"),
        ("scores", cw.Contrast(2, 1), "difference of scores"),
        ("scores", 2, "score"),
        ("shares", lambda scores: scores[:, 2], "score"),
    ],
)
def test_curves_say_what_they_are_of(net, target, answer):
    viewer = cw.CamViewer({"shares": sure, "scores": labelled}[net](), IMAGE, target=target)
    axes = viewer.figure("quality").axes[0]
    assert axes.get_ylabel() == viewer.quality.answer == answer


def test_a_check_of_a_product_says_which_part_of_it_changes():
    viewer = cw.CamViewer(sure(), IMAGE, target=2, method="guided_grad_cam")
    viewer.quality  # noqa: B018
    assert viewer._quality["check"]["beware"].startswith("What changes is the part of Grad-CAM")


def test_quality_is_forgotten_with_the_map():
    viewer = cw.CamViewer(sure(), IMAGE, target=2)
    found = viewer.quality
    viewer.alpha = 0.2
    viewer.compare = "class"
    viewer.wait()
    assert viewer._quality
    viewer.target = 1
    viewer.wait()
    assert viewer._quality == {}
    assert viewer.quality is not found


def test_a_measure_that_cannot_be_had_says_why_and_the_others_are_there():
    net = labelled()  # without a softmax: scores that may be negative
    negative = next(
        target
        for target in range(3)
        if cw.class_activation_map(net, IMAGE, target=target).target.score < 0
    )
    found = cw.CamViewer(net, IMAGE, target=negative).quality
    assert found.drop_increase is None
    assert "negative" in found.lacks["drop_increase"]
    assert found.randomisation is not None


def test_quality_is_asked_for_in_the_browser_and_stops():
    viewer = cw.CamViewer(sure(), IMAGE, target=2)
    viewer.wait()
    viewer.observe(lambda _: viewer.set_trait("stopped", True), "_quality")
    message(viewer, {"kind": "quality"})
    viewer.wait()
    assert not viewer.running
    assert list(viewer._quality) == ["of", "lacks", "curves"]
    with pytest.raises(RuntimeError, match="nothing was measured; it was stopped"):
        viewer.quality  # noqa: B018
    viewer.unobserve_all("_quality")
    viewer.stopped = False
    viewer.wait()
    assert "check" in viewer._quality
    assert viewer.quality.lacks == {}
    assert viewer.figure("quality").axes


def test_another_figure_is_refused():
    with pytest.raises(ValueError, match="the 'heat' or the 'quality', not 'layer'"):
        cw.CamViewer(labelled(), IMAGE).figure("layer")


# --- the other ways out ---


def test_saved_is_the_photograph_at_its_own_size_with_the_heat_added(tmp_path):
    photograph = kinds.pixels(90, 130, 3).astype("uint8")
    viewer = cw.CamViewer(kinds.functional(), photograph, colour_map="jet")
    viewer.save(tmp_path / "elephant.png", intensity=0.4)
    saved = np.asarray(Image.open(tmp_path / "elephant.png"))
    expected = superimpose(photograph, viewer.heatmap.resized(), colour_map="jet", intensity=0.4)
    np.testing.assert_array_equal(saved, expected)
    row, column = np.unravel_index(viewer.heatmap.resized().argmax(), (90, 130))
    hottest = lookup_table("jet")[255] * 0.4 + photograph[row, column]
    np.testing.assert_array_equal(saved[row, column], np.minimum(np.floor(hottest + 0.5), 255))
    with pytest.raises(ValueError, match=r"saved as \.png; got 'elephant\.jpg'"):
        viewer.save("elephant.jpg")


def test_the_figure_shows_what_the_panel_shows():
    viewer = cw.CamViewer(labelled(), IMAGE, compare="class", threshold=0.2)
    figure = viewer.figure()
    titles = [axes.get_title(loc="left") for axes in figure.axes[:2]]
    assert titles == [viewer.label, viewer._other_label]
    assert figure.get_suptitle() == f"{viewer.caption}\n{viewer._scale_note}"
    viewer.compare, viewer.other_method = "method", "saliency"
    assert viewer.figure().get_suptitle().splitlines()[1:] == [
        "Each on its own scale: the two methods measure different things.",
        "Of pixels heat 1 is the 99th percentile.",
    ]


@pytest.mark.parametrize("rank", [1, 3])
def test_sequences_and_volumes_have_figures_of_their_own(rank):
    body, image, pool = {
        1: (kinds.one_dimensional(), kinds.pixels(20, 2), layers.GlobalAveragePooling1D()),
        3: (kinds.three_dimensional(), kinds.pixels(6, 8, 8, 1), layers.GlobalAveragePooling3D()),
    }[rank]
    viewer = cw.CamViewer(keras.Sequential([body, pool, layers.Dense(3)]), image)
    assert viewer.figure().axes


def test_it_prints_what_is_chosen_and_refuses_what_it_does_not_know():
    viewer = cw.CamViewer(labelled(), IMAGE, target="cat")
    assert repr(viewer) == "CamViewer(layer='relu2', target='cat', method='grad_cam')"
    with pytest.raises(TypeError, match="no keyword 'treshold'; did you mean threshold"):
        cw.CamViewer(labelled(), IMAGE, treshold=0.2)


def test_a_network_without_places_says_so():
    flat = keras.Sequential([keras.Input((12, 12, 3)), layers.Flatten(), layers.Dense(3)])
    with pytest.raises(ValueError, match="no layer with a spatial extent"):
        cw.CamViewer(flat, IMAGE)
    with pytest.raises(ValueError, match="no layer with a spatial extent"):
        cw.CamViewer(flat, IMAGE, method="guided_grad_cam")


@pytest.mark.parametrize("method", ["occlusion", "saliency"])
def test_a_network_without_places_has_maps_of_pixels(method):
    flat = keras.Sequential([keras.Input((12, 12, 3)), layers.Flatten(), layers.Dense(3)])
    viewer = cw.CamViewer(flat, IMAGE, target=2, method=method)
    expected = cw.class_activation_map(flat, IMAGE, target=2, method=method)
    np.testing.assert_allclose(viewer.heatmap.raw, expected.raw, atol=1e-6)
    assert (viewer.layer, viewer._layers) == ("", [])
    offered = [one["name"] for one in viewer._methods]
    assert offered == ["saliency", "smooth_grad", "integrated_gradients", "occlusion"]
    viewer.compare = "method"
    assert [one.method for one in viewer.heatmaps] == [method, viewer.other_method]
    with pytest.raises(traitlets.TraitError, match="no method 'grad_cam'; there are saliency"):
        viewer.method = "grad_cam"
    with pytest.raises(traitlets.TraitError, match="the layer 'dense.*' has no places"):
        viewer.layer = flat.layers[-1].name
