import keras
import kinds
import numpy as np
import pytest
import traitlets
from panels import shown_maps

import convnet_widgets as cw
from convnet_widgets.rendering.colour_maps import kernel_colours
from convnet_widgets.viewers.filter_viewer import takes_bgr


def shown(net, layer=None, **traits):
    viewer = cw.FilterViewer(net, layer, **traits)
    viewer.wait()
    assert viewer.error == ""
    return viewer


def test_first_layer_filters_are_shown_in_colour_and_by_channel():
    model = kinds.functional()
    viewer = shown(model)
    weights = cw.filter_weights(model, "conv1")
    assert (viewer.kind, viewer.filters, viewer.channels) == ("colour", 4, 3)
    assert viewer._colours == kernel_colours(weights).tobytes()
    by_filter = np.moveaxis(weights, 0, 2).reshape(3, 3, -1)
    np.testing.assert_allclose(shown_maps(viewer), by_filter, atol=1e-4)


def test_filters_of_a_network_that_takes_bgr_are_turned_to_rgb():
    vgg = cw.load_model("VGG16", weights="random", include_top=False)
    resnet = cw.VisionModel(kinds.functional())
    assert takes_bgr(vgg)
    assert not takes_bgr(resnet)
    weights = cw.filter_weights(vgg, "block1_conv1")
    assert shown(vgg)._colours == kernel_colours(weights[..., ::-1]).tobytes()


def test_deeper_filters_are_shown_by_the_channels_of_the_chosen_one():
    model = kinds.functional()
    viewer = shown(model, "conv2", filter=2)
    weights = cw.filter_weights(model, "conv2")
    assert (viewer.kind, viewer.filters, viewer.groups, viewer.channels) == ("channels", 5, 5, 4)
    assert viewer.filter == 2
    group = shown_maps(viewer).reshape(3, 3, 5, 4)[:, :, 2]
    np.testing.assert_allclose(group, weights[2], atol=1e-4)


def test_depthwise_grey_and_one_dimensional_filters_are_one_picture_each():
    model = kinds.unusual_convolutions()
    viewer = shown(model, "depthwise")
    weights = cw.filter_weights(model, "depthwise")
    assert (viewer.kind, viewer.filters, viewer.channels, viewer.groups) == ("single", 6, 6, 1)
    pictures = np.moveaxis(weights[..., 0], 0, -1)
    np.testing.assert_allclose(shown_maps(viewer), pictures, atol=1e-4)
    assert shown(kinds.grey()).kind == "single"
    signal = shown(kinds.one_dimensional())
    weights = cw.filter_weights(kinds.one_dimensional(), "conv1")
    assert (signal.kind, signal.height, signal.width) == ("single", 2, 3)
    np.testing.assert_allclose(shown_maps(signal), weights.transpose(2, 1, 0), atol=1e-4)


def test_pointwise_filters_are_bars():
    model = kinds.nested_twice()
    viewer = shown(model, "head")
    weights = cw.filter_weights(model, "head")
    assert (viewer.kind, viewer.filters, viewer.channels) == ("pointwise", 2, 5)
    np.testing.assert_array_equal(
        np.frombuffer(viewer._weights, "float32").reshape(2, 5), weights[:, 0, 0]
    )


def test_volume_filters_show_their_slices_side_by_side():
    model = kinds.three_dimensional()
    viewer = shown(model)
    weights = cw.filter_weights(model, "conv1")
    assert (viewer.kind, viewer.height, viewer.width) == ("single", 3, 9)
    np.testing.assert_allclose(shown_maps(viewer)[:, 3:6, 1], weights[1, 1, :, :, 0], atol=1e-4)


@pytest.mark.parametrize("name", sorted({*kinds.KINDS} - {"sequential never called"}))
def test_every_kind_of_model_has_its_filters_shown(name):
    make, data, _ = kinds.KINDS[name]
    model = make()
    if not model.built:
        cw.feature_maps(model, data())
    viewer = shown(model)
    for row in viewer.rows:
        viewer.layer = row.path
        viewer.wait()
        assert viewer.error == ""
        assert viewer.filters == len(cw.filter_weights(model, row.path))


def test_choices_stay_within_the_layer():
    viewer = shown(kinds.functional(), "conv2", filter=99)
    assert viewer.filter == 4
    viewer.layer = "conv1"
    viewer.wait()
    assert (viewer.filter, viewer.filters) == (3, 4)
    viewer.filter = -1
    assert viewer.filter == 0


def test_layers_are_offered_with_the_size_of_their_kernels():
    viewer = shown(kinds.functional())
    assert [(o["path"], o["shape"]) for o in viewer._layers] == [
        ("conv1", (None, 3, 3, 3, 4)),
        ("conv2", (None, 3, 3, 4, 5)),
    ]


def test_a_layer_without_filters_is_refused():
    with pytest.raises(ValueError, match="'bn1' is no convolution"):
        cw.FilterViewer(kinds.functional(), "bn1")
    with pytest.raises(cw.LayerNotFoundError, match="'conv22'.*'conv2'"):
        cw.FilterViewer(kinds.functional(), "conv22")
    viewer = shown(kinds.functional())
    with pytest.raises(traitlets.TraitError, match="'conv3'.*'conv"):
        viewer.layer = "conv3"
    dense = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], name="dense")
    with pytest.raises(ValueError, match="dense has no convolution"):
        cw.FilterViewer(dense)
    with pytest.raises(ValueError, match="fresh is not built.*call it once"):
        cw.FilterViewer(kinds.sequential_never_called())


def test_a_shared_backbone_offers_its_filters_once():
    viewer = shown(kinds.called_twice())
    assert [row.path for row in viewer.rows] == ["backbone[0]/conv1", "backbone[0]/conv2"]


def test_figures_show_the_chosen_filter_or_all():
    viewer = shown(kinds.functional(), "conv1", filter=1)
    weights = cw.filter_weights(kinds.functional(), "conv1")
    drawn = np.asarray(viewer.figure().axes[0].images[0].get_array())
    np.testing.assert_array_equal(drawn, kernel_colours(weights[1]))
    assert len(viewer.figure("layer").axes[0].images) == 1
    with pytest.raises(ValueError, match="'filter' or the 'layer'"):
        viewer.figure("kernel")
    deeper = shown(kinds.functional(), "conv2")
    with pytest.raises(ValueError, match=r"5 filters of 4 channels.*figure\('filter'\)"):
        deeper.figure("layer")


def test_indices_are_those_of_the_model():
    model = kinds.functional()
    assert shown(model, 3).layer == model.layers[3].name == "conv2"
    with pytest.raises(ValueError, match="'bn1' is no convolution"):
        cw.FilterViewer(model, 2)
    with pytest.raises(ValueError, match="'head' is no convolution"):
        cw.FilterViewer(model, -1)


def test_choices_made_before_the_filters_are_there_are_kept():
    viewer = cw.FilterViewer(kinds.functional(), "conv2")
    viewer.filter, viewer.channel = 4, 3
    viewer.wait()
    assert (viewer.filter, viewer.channel) == (4, 3)
    viewer.layer = "conv1"
    viewer.filter, viewer.channel = 3, 9
    viewer.wait()
    assert (viewer.filter, viewer.channel) == (3, 2)


def test_a_preprocessing_for_other_shapes_does_no_harm():
    def for_this_size(pixels):
        return pixels.reshape(-1, kinds.SIZE, kinds.SIZE, 3) / 255

    net = cw.VisionModel(kinds.functional(), preprocess=for_this_size)
    assert not takes_bgr(net)
    assert shown(net).kind == "colour"


def test_a_figure_asked_for_at_once_waits_for_the_filters():
    viewer = cw.FilterViewer(kinds.functional())
    assert len(viewer.figure("layer").axes[0].images) == 1
