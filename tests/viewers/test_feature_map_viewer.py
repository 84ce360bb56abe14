import io
import threading

import kinds
import numpy as np
import pytest
import traitlets
from panels import message, png, shown_maps
from PIL import Image

import convnet_widgets as cw
from convnet_widgets.core.layers import LayerNotFoundError
from convnet_widgets.core.pixel_range import ImageRangeWarning
from convnet_widgets.viewers import _image_viewer, feature_map_viewer


@pytest.mark.parametrize("name", kinds.KINDS)
def test_every_kind_of_model_is_shown_with_the_maps_core_computes(name):
    make, data, path = kinds.KINDS[name]
    model, images = make(), data()
    viewer = cw.FeatureMapViewer(model, images, layer=path)
    expected = cw.feature_maps(model, images, path)[path][0]
    viewer.wait()
    assert viewer.error == ""
    assert viewer.channels == expected.shape[-1]
    np.testing.assert_array_equal(
        np.moveaxis(viewer.maps, -1, 0).ravel().sum(dtype="float64"),
        np.moveaxis(expected, -1, 0).ravel().sum(dtype="float64"),
    )
    ranges = np.ptp(viewer.maps, axis=(0, 1)).max() + 1e-6
    np.testing.assert_allclose(shown_maps(viewer), viewer.maps, atol=ranges / 60000)


def test_a_sequence_is_a_strip_and_a_volume_its_slices_side_by_side():
    signal = cw.FeatureMapViewer(kinds.one_dimensional(), kinds.pixels(20, 2), "conv1")
    maps = cw.feature_maps(kinds.one_dimensional(), kinds.pixels(20, 2), "conv1")["conv1"]
    np.testing.assert_array_equal(signal.maps, maps)
    volume = cw.FeatureMapViewer(kinds.three_dimensional(), kinds.pixels(6, 8, 8, 1))
    maps = cw.feature_maps(kinds.three_dimensional(), kinds.pixels(6, 8, 8, 1))["conv1"][0]
    assert volume.maps.shape == (6, 4 * 6, 4)
    np.testing.assert_array_equal(volume.maps[:, 6:12], maps[1])


def test_another_layer_is_chosen_by_its_unique_name_and_keeps_the_channel_valid():
    viewer = cw.FeatureMapViewer(kinds.nested(), kinds.RGB(), "conv2", channel=4)
    viewer.wait()
    assert (viewer.layer, viewer.channel) == ("backbone/conv2", 4)
    viewer.layer = "conv1"
    viewer.wait()
    assert (viewer.layer, viewer.channels, viewer.channel) == ("backbone/conv1", 4, 3)
    assert viewer.label == "Feature maps of backbone/conv1"


def test_the_first_convolution_is_shown_first():
    assert cw.FeatureMapViewer(kinds.nested(), kinds.RGB()).layer == "backbone/conv1"


def test_wrong_layers_name_the_near_ones_and_leave_the_present_one():
    with pytest.raises(LayerNotFoundError, match="'conv22'.*'backbone/conv2'"):
        cw.FeatureMapViewer(kinds.nested(), kinds.RGB(), "conv22")
    viewer = cw.FeatureMapViewer(kinds.nested(), kinds.RGB())
    with pytest.raises(traitlets.TraitError, match="near names are"):
        viewer.layer = "backbone/conv3"
    assert viewer.layer == "backbone/conv1"


def test_many_quick_choices_end_with_the_last():
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    for _ in range(20):
        for layer in ("conv1", "bn1", "relu2", "conv2"):
            viewer.layer = layer
    viewer.wait()
    expected = cw.feature_maps(kinds.functional(), kinds.RGB(), "conv2")["conv2"][0]
    np.testing.assert_array_equal(viewer.maps, expected)
    assert not viewer.busy


def test_maps_too_large_to_keep_are_computed_layer_by_layer(monkeypatch):
    asked = []
    compute = feature_map_viewer.feature_maps

    def watched(net, images, layers):
        asked.append(layers)
        return compute(net, images, layers)

    monkeypatch.setattr(feature_map_viewer, "feature_maps", watched)
    for limit, layers in ((2**28, [None]), (0, ["conv1", "conv2"])):
        monkeypatch.setattr(feature_map_viewer, "_TOGETHER", limit)
        viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
        viewer.wait()
        viewer.layer = "conv2"
        viewer.wait()
        assert asked == layers
        asked.clear()


def test_another_image_by_array_sample_and_upload():
    model = kinds.functional()
    viewer = cw.FeatureMapViewer(model, kinds.RGB())
    photographs = [viewer._photograph]
    viewer.set_image(kinds.pixels(12, 12, 3, seed=5))
    expected = cw.feature_maps(model, kinds.pixels(12, 12, 3, seed=5), "conv1")["conv1"][0]
    np.testing.assert_array_equal(viewer.maps, expected)
    photographs.append(viewer._photograph)
    message(viewer, {"kind": "sample", "name": "coffee"})
    expected = cw.feature_maps(model, cw.load_image("coffee"), "conv1")["conv1"][0]
    np.testing.assert_array_equal(viewer.maps, expected)
    assert viewer._image_name == "coffee"
    photographs.append(viewer._photograph)
    message(viewer, {"kind": "upload", "name": "mine.png"}, memoryview(png(30, 20, 3)))
    expected = cw.feature_maps(model, cw.load_image(png(30, 20, 3)), "conv1")["conv1"][0]
    np.testing.assert_array_equal(viewer.maps, expected)
    assert viewer._image_name == "mine.png"
    assert len({*photographs, viewer._photograph}) == 4


def test_the_photograph_is_what_the_network_sees():
    image = np.zeros((24, 24, 3), np.uint8)
    image[:12, :, 0] = 255
    image[12:, :, 2] = 255
    viewer = cw.FeatureMapViewer(kinds.functional(), image)
    seen = np.asarray(Image.open(io.BytesIO(viewer._photograph)))
    assert seen.shape == (12, 12, 3)
    assert seen[1, 6, 0] > 200
    assert seen[10, 6, 2] > 200
    assert seen[1, 6, 2] < 50


def test_a_small_photograph_is_shown_without_loss():
    image = kinds.pixels(12, 12, 3).astype("uint8")
    viewer = cw.FeatureMapViewer(kinds.functional(), image)
    seen = np.asarray(Image.open(io.BytesIO(viewer._photograph)))
    np.testing.assert_array_equal(seen, image)


def test_networks_without_a_photograph_offer_none():
    viewer = cw.FeatureMapViewer(kinds.one_dimensional(), kinds.pixels(20, 2))
    assert (viewer._photograph, viewer._samples, viewer._uploads) == (b"", [], False)
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    assert (viewer._samples, viewer._uploads) == (cw.sample_images(), True)


def test_an_upload_is_offered_without_sample_images(monkeypatch):
    def none():
        raise ModuleNotFoundError("there are no sample images")

    monkeypatch.setattr(_image_viewer, "sample_images", none)
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    assert (viewer._samples, viewer._uploads) == ([], True)


@pytest.mark.parametrize("image_first", [True, False])
def test_an_image_and_a_layer_chosen_at_once_are_both_shown(image_first):
    model = kinds.functional()
    viewer = cw.FeatureMapViewer(model, kinds.RGB())
    started, go_on = threading.Event(), threading.Event()
    viewer._request(lambda _: (started.set(), go_on.wait(5)))
    started.wait(5)
    if image_first:
        viewer.set_image("coffee")
    viewer.layer = "conv2"
    if not image_first:
        viewer.set_image("coffee")
    go_on.set()
    expected = cw.feature_maps(model, cw.load_image("coffee"), "conv2")["conv2"][0]
    np.testing.assert_array_equal(viewer.maps, expected)
    assert (viewer._image_name, viewer.label) == ("coffee", "Feature maps of conv2")


def test_a_layer_is_shown_for_the_present_image_where_the_new_one_cannot_be_read():
    model = kinds.functional()
    viewer = cw.FeatureMapViewer(model, kinds.RGB())
    started, go_on = threading.Event(), threading.Event()
    viewer._request(lambda _: (started.set(), go_on.wait(5)))
    started.wait(5)
    viewer.set_image(b"not an image")
    viewer.layer = "conv2"
    go_on.set()
    expected = cw.feature_maps(model, kinds.RGB(), "conv2")["conv2"][0]
    np.testing.assert_array_equal(viewer.maps, expected)
    assert "not an image" in viewer.error


def test_busy_until_the_last_of_two_requests_is_done():
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    viewer.wait()
    seen = []
    submit = viewer._worker.submit

    def after_the_end_of_another(job):
        viewer._rest()
        submit(job)

    viewer._worker.submit = after_the_end_of_another
    viewer._request(lambda _: seen.append(viewer.busy))
    viewer.wait()
    assert (seen, viewer.busy) == ([True], False)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        ("no-such-file.png", "no-such-file.png"),
        (b"not an image", "not an image"),
        (np.full((12, 12, 3), np.nan), "NaN"),
        (np.zeros((12, 12, 7)), "7"),
    ],
)
def test_an_image_that_cannot_be_used_is_reported_and_the_present_one_stays(image, sentence):
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    before = viewer.maps
    viewer.set_image(image)
    viewer.wait()
    assert sentence in viewer.error
    np.testing.assert_array_equal(viewer.maps, before)
    viewer.layer = "conv2"
    viewer.wait()
    assert (viewer.error, viewer.channels) == ("", 5)


def test_a_failing_computation_shows_in_the_panel_which_stays_usable(monkeypatch):
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    viewer.wait()
    with monkeypatch.context() as patch:
        patch.setattr(viewer, "_activations", lambda _: 1 / 0)
        viewer.layer = "conv2"
        viewer.wait()
        assert viewer.error == "division by zero"
        assert not viewer.busy
    viewer.layer = "bn1"
    viewer.wait()
    assert viewer.error == ""
    assert viewer.label == "Feature maps of bn1"


def test_refresh_shows_what_training_changed():
    model = kinds.functional()
    viewer = cw.FeatureMapViewer(model, kinds.RGB())
    before = viewer.maps.copy()
    model.get_layer("conv1").bias.assign_add([1000.0] * 4)
    viewer.refresh()
    assert not np.array_equal(viewer.maps, before)
    expected = cw.feature_maps(model, kinds.RGB(), "conv1")["conv1"][0]
    np.testing.assert_array_equal(viewer.maps, expected)


def test_provenance_is_shown():
    net = cw.VisionModel(kinds.functional(), weights="random (seed 0)", requested="imagenet")
    viewer = cw.FeatureMapViewer(net, kinds.RGB())
    assert viewer.caption == net.caption
    assert "random (seed 0)" in viewer.caption
    assert viewer._substitute


def test_figures_show_the_present_view():
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB(), "conv2", channel=3)
    drawn = np.asarray(viewer.figure().axes[0].images[0].get_array())
    assert drawn.shape[:2] == (10, 10)
    assert "conv2, channel 3" in "".join(text.get_text() for text in _texts(viewer.figure()))
    assert len(viewer.figure("layer").axes[0].images) == 1
    with pytest.raises(ValueError, match="'channel' or the 'layer'"):
        viewer.figure("page")


def _texts(figure):
    axes = figure.axes[0]
    return [axes.title, axes._left_title, *figure.texts]


def test_a_network_without_maps_is_refused():
    import keras

    dense = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], name="dense")
    with pytest.raises(ValueError, match="dense has no layer with feature maps"):
        cw.FeatureMapViewer(dense, np.zeros((1, 4)))


def test_wait_tells_when_the_work_goes_on():
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    viewer.wait()
    viewer._request(lambda cancelled: cancelled.wait(5))
    with pytest.raises(TimeoutError, match="still computing"):
        viewer.wait(0.01)
    viewer.layer = "conv2"
    viewer.wait()


def test_unknown_keywords_and_representation():
    with pytest.raises(TypeError, match="colour_map"):
        cw.FeatureMapViewer(kinds.functional(), kinds.RGB(), color_map="gray")
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB(), channel=1)
    viewer.wait()
    assert repr(viewer) == "FeatureMapViewer(layer='conv1', channel=1)"


def test_a_layer_without_maps_is_refused_and_no_figure_bears_its_name():
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    viewer.wait()
    with pytest.raises(traitlets.TraitError, match="'head' has no feature maps"):
        viewer.layer = "head"
    with pytest.raises(ValueError, match="'head' has no feature maps"):
        cw.FeatureMapViewer(kinds.functional(), kinds.RGB(), -1)
    assert viewer.layer == "conv1"


def test_a_figure_bears_the_name_of_the_maps_it_shows(monkeypatch):
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    viewer.wait()
    monkeypatch.setattr(viewer, "_activations", lambda _: 1 / 0)
    viewer.layer = "conv2"
    viewer.wait()
    title = "".join(text.get_text() for text in _texts(viewer.figure()))
    assert "conv1, channel 0" in title


def test_a_channel_chosen_before_the_maps_are_there_is_kept():
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB(), "conv1")
    viewer.channel = 3
    viewer.wait()
    assert viewer.channel == 3
    viewer.layer = "conv2"
    viewer.channel = 99
    viewer.wait()
    assert viewer.channel == 4


def test_links_made_before_the_maps_are_there_hold():
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB(), "conv2")
    slider = cw.ChannelSlider(value=3, max=4)
    traitlets.link((slider, "value"), (viewer, "channel"))
    traitlets.dlink((viewer, "channels"), (slider, "max"), lambda count: count - 1)
    viewer.wait()
    assert (slider.value, viewer.channel, slider.max) == (3, 3, 4)
    viewer.layer = "conv1"
    viewer.wait()
    assert (slider.value, viewer.channel, slider.max) == (3, 3, 3)


@pytest.mark.parametrize("pack", [list, tuple])
def test_several_inputs_may_be_listed(pack):
    images, extra = kinds.RGB(), kinds.pixels(2, 2)
    listed = pack([extra, images])
    viewer = cw.FeatureMapViewer(kinds.multi_input(), listed, "conv1")
    named = cw.feature_maps(kinds.multi_input(), {"image": images, "extra": extra}, "conv1")
    assert viewer.error == ""
    np.testing.assert_array_equal(viewer.maps, named["conv1"][0])


def test_a_list_of_images_of_several_sizes_shows_the_first():
    images = [kinds.pixels(20, 12, 3), kinds.pixels(12, 30, 3, seed=1)]
    viewer = cw.FeatureMapViewer(kinds.functional(), images)
    expected = cw.feature_maps(kinds.functional(), images[0], "conv1")["conv1"][0]
    np.testing.assert_allclose(viewer.maps, expected, atol=1e-4)


def done(net, image):
    viewer = cw.FeatureMapViewer(net, image)
    viewer.wait()
    return viewer


def test_an_image_in_0_to_1_is_as_dark_as_the_network_sees_it():
    image = kinds.pixels(12, 12, 3) / 255
    net = cw.VisionModel(kinds.functional(), preprocess=lambda pixels: pixels / 127.5 - 1)
    with pytest.warns(ImageRangeWarning, match="multiply values in 0–1 by 255"):
        dark = done(net, image)
    bright = done(kinds.functional(), image)
    seen = [np.asarray(Image.open(io.BytesIO(v._photograph))).max() for v in (dark, bright)]
    assert seen[0] <= 1
    assert seen[1] > 200


def test_the_error_of_an_upload_names_the_file():
    viewer = cw.FeatureMapViewer(kinds.functional(), kinds.RGB())
    message(viewer, {"kind": "upload", "name": "notes.txt"}, memoryview(b"no image"))
    viewer.wait()
    assert viewer.error.startswith("notes.txt: not an image of a kind")
    assert viewer._error_passes
