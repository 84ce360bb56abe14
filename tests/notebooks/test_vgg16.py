"""Notebook 02: the arrays behind its pictures and panels, their captions, and bad input."""

import keras
import numpy as np
import pytest
from pictures import (
    PICTURE,
    cat_pixels,
    check_captions,
    check_eight_by_eight,
    check_six_filters,
    check_statistics,
    in_eight_columns,
    values,
)

import convnet_widgets as cw
from notebooks import check_refusal_of_other_weights, run

NOTEBOOK = "02_vgg16_filters_and_feature_maps.ipynb"
CAPTION = "VGG16 · weights: hed-bsds500 under a random top (seed 0)"
SHOWN = {
    "figures": "six, in_colour, seen, eight, one_scale",
    "panels": "filter_viewer, viewer, filter_panel",
    "grids": "map_grid, turned",
}
SET_DEEP = "[setattr(viewer, n, v) for n, v in (('layer', 'block5_conv3'), ('channel', 100))]"
QUARTER = "[setattr(turn, 'value', 1), np.frombuffer(turned._statistics, np.float32)][1]"
VALUES = {
    "limits": "[axes.images[0].get_clim() for axes in six.axes]",
    "in_colour": "in_colour.axes[0].images[0].get_array()",
    "one_scale": PICTURE.format("one_scale"),
    "channels": "np.stack([axes.images[0].get_array() for axes in seen.axes[1:]])",
    "grids": "[np.frombuffer(g._statistics, np.float32) for g in (map_grid, turned)]",
    "began": "[(viewer.layer, viewer.order), (filter_viewer.layer, filter_viewer.order)]",
    "deep": f"{SET_DEEP} and [*viewer.maps.shape, viewer.channel]",
    "chosen": "[setattr(map_grid, 'channel', 9), viewer.channel, turned.channel][1:]",
    "quarter": QUARTER,
    "given": "net.prepare(np.rot90(photo))",
    **values(**SHOWN),  # errors too, so after all that is done to the panels
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return run(NOTEBOOK, VALUES, tmp_path_factory.mktemp("vgg16"), {"WEIGHTS": "hed"})


@pytest.fixture(scope="module")
def model():
    """VGG16 without its top; the convolutions are the same."""
    return cw.load_model("VGG16", "hed", include_top=False).model


@pytest.fixture(scope="module")
def prepared():
    """The cat as VGG16 is given it: blue first, less ImageNet's mean colour."""
    return (cat_pixels()[..., ::-1] - [103.939, 116.779, 123.68])[None]


@pytest.fixture(scope="module")
def maps(model, prepared):
    first = keras.Model(model.input, model.layers[1].output)
    return first.predict(prepared, verbose=0)[0]


def test_six_filters_by_three_channels(executed, model):
    kernel = model.layers[1].kernel.numpy()
    check_six_filters(executed, kernel, ["blue", "green", "red"])
    assert (executed.values["limits"] == [0, 1]).all()


def test_all_filters_in_colour(executed, model):
    kernel = model.layers[1].kernel.numpy()
    largest = np.abs(kernel).max()
    tiles = []
    for number in range(64):
        rgb = np.stack([kernel[:, :, channel, number] for channel in (2, 1, 0)], -1)
        tiles.append((rgb / largest + 1) / 2 * 255)
    shown = executed.values["in_colour"]
    opaque = shown[..., 3] == 255
    assert opaque.sum() == 64 * 24 * 24
    wanted = in_eight_columns(tiles, shown[..., :3].shape, 0)
    assert np.abs(shown[..., :3][opaque] - wanted[opaque]).max() < 1


def test_what_the_network_is_given(executed, prepared):
    np.testing.assert_allclose(
        executed.values["channels"], np.moveaxis(prepared[0], -1, 0), atol=1e-4
    )


def test_eight_by_eight_maps(executed, maps):
    check_eight_by_eight(executed, maps, rtol=1e-4, atol=1e-3)


def test_the_mosaic_on_one_scale(executed, maps):
    shown = executed.values["one_scale"]
    tiles = [maps[..., channel] for channel in range(64)]
    assert np.isfinite(shown).sum() == 64 * 224 * 224
    np.testing.assert_allclose(shown, in_eight_columns(tiles, shown.shape), rtol=1e-4, atol=1e-3)


def test_the_grids_of_the_exercises_show_the_first_layer(executed, model, maps):
    for grid in executed.values["grids"]:
        check_statistics(grid, maps[::2, ::2])
    first = keras.Model(model.input, model.layers[1].output)
    found = first.predict(executed.values["given"], verbose=0)[0]
    check_statistics(executed.values["quarter"], found[::2, ::2])


def test_the_panels_of_the_exercises_leave_those_above_alone(executed):
    began = [tuple(panel) for panel in executed.values["began"]]
    assert began == [("block3_conv1", "activity"), ("block1_conv2", "number")]
    assert list(executed.values["chosen"]) == [100, 0]


def test_every_channel_of_the_last_convolution_can_be_chosen(executed):
    assert list(executed.values["deep"]) == [14, 14, 512, 100]


def test_every_picture_and_panel_bears_the_caption(executed):
    check_captions(executed, CAPTION, 5)


def test_weights_of_another_network_are_refused_in_a_sentence(tmp_path):
    assert len(check_refusal_of_other_weights(NOTEBOOK, tmp_path)) <= 320
