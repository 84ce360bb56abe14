"""Notebook 03: the arrays behind its pictures and panels, their captions, and bad input."""

import re

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
from PIL import Image

import convnet_widgets as cw
from notebooks import refusal, run

NOTEBOOK = "03_resnet50v2_filters_and_feature_maps.ipynb"
CAPTION = "ResNet50V2 · weights: random (seed 0)"
ENDS = (2, 34, 80, 148, 183)
SHOWN = {
    "figures": "six, in_colour, seen, eight, signed, *block_figures, *stage_figures",
    "panels": "filter_viewer, viewer, walker",
    "grids": "grid, before, after",
}
VALUES = {
    "channels": "np.stack([axes.images[0].get_array() for axes in seen.axes[1:]])",
    "signed": PICTURE.format("signed"),
    "limits": "signed.axes[0].images[0].get_clim()",
    **{f"block{i}": PICTURE.format(f"block_figures[{i}]") for i in range(5)},
    **{f"stage{i}": PICTURE.format(f"stage_figures[{i}]") for i in range(5)},
    "grid": "np.frombuffer(grid._statistics, np.float32)",
    "numbers": "[[int(text.get_text()) for text in f.axes[0].texts] for f in stage_figures]",
    "shortcuts": "[layer.name for layer in shortcuts]",
    "walker": "walker.maps",
    "began": "[(p.layer, p.intensity, p.colour_map) for p in (viewer, walker)]",
    "left": "left.value",
    "moved": "[setattr(offset, 'value', -1), np.frombuffer(grid._statistics, np.float32)][1]",
    "left_then": "left.value",
    "stepped": "[setattr(step, 'value', through.index('conv2_block1_2_bn')), walker.layer][1]",
    **values(**SHOWN),  # errors too, so after all that is done to the panels
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return run(NOTEBOOK, VALUES, tmp_path_factory.mktemp("resnet"), {"WEIGHTS": "random"})


@pytest.fixture(scope="module")
def model():
    return cw.load_model("ResNet50V2", "random").model


@pytest.fixture(scope="module")
def prepared():
    return (cat_pixels() / 127.5 - 1)[None]


@pytest.fixture(scope="module")
def block_maps(model, prepared):
    five = keras.Model(model.input, [model.layers[index].output for index in ENDS])
    return [maps[0] for maps in five.predict(prepared, verbose=0)]


@pytest.fixture(scope="module")
def normalised(model):
    """What the first block's first convolution returns for the cat, and what is made of it."""
    image = cw.VisionModel(model, keras.applications.resnet_v2.preprocess_input)
    names = [f"conv2_block1_1_{step}" for step in ("conv", "bn", "relu")]
    steps = keras.Model(model.input, [model.get_layer(name).output for name in names])
    given = image.prepare(cw.load_image("cat"))
    conv, bn, relu = (maps[0].astype(float) for maps in steps.predict(given, verbose=0))
    own = np.empty_like(conv)
    for channel in range(64):
        one = conv[..., channel]
        own[..., channel] = (one - one.mean()) / np.sqrt(one.var() + 1.001e-5)
    return [conv, bn, relu, own, np.maximum(own, 0)]


def test_six_filters_by_three_channels(executed, model):
    check_six_filters(executed, model.layers[2].kernel.numpy(), ["red", "green", "blue"])


def test_what_the_network_is_given(executed, prepared):
    np.testing.assert_allclose(
        executed.values["channels"], np.moveaxis(prepared[0], -1, 0), atol=1e-5
    )


def test_eight_by_eight_maps(executed, block_maps):
    check_eight_by_eight(executed, block_maps[0], rtol=1e-3, atol=1e-5)


def test_the_signed_mosaic(executed, block_maps):
    tiles = [block_maps[0][..., channel] for channel in range(64)]
    shown = executed.values["signed"]
    wanted = in_eight_columns(tiles, shown.shape)
    np.testing.assert_allclose(shown, wanted, rtol=1e-3, atol=1e-4)
    limit = np.abs(block_maps[0]).max()
    np.testing.assert_allclose(executed.values["limits"], [-limit, limit], rtol=1e-4)


@pytest.mark.parametrize("number", range(5))
def test_five_blocks_of_at_most_64_maps(executed, block_maps, number):
    maps, tiles = block_maps[number], []
    for channel in range(64):
        one = maps[..., channel].astype(float)
        tiles.append((one - one.min()) / (one.max() - one.min()))
    shown = executed.values[f"block{number}"]
    np.testing.assert_allclose(shown, in_eight_columns(tiles, shown.shape), atol=2e-3)


@pytest.mark.parametrize("number", range(5))
def test_the_same_channels_before_and_after_normalisation(executed, normalised, number):
    by_mean = np.argsort(normalised[0].mean((0, 1)))[::4]
    stage = normalised[number]
    tiles = [stage[..., channel] for channel in by_mean]
    assert len(tiles) == 16
    np.testing.assert_array_equal(executed.values["numbers"][number], by_mean)
    shown = executed.values[f"stage{number}"]
    np.testing.assert_allclose(
        shown, in_eight_columns(tiles, shown.shape), atol=1e-3 * np.abs(stage).max()
    )


def test_normalisation_by_the_photograph_leaves_no_channel_blank(normalised):
    blank = [int((stage <= 0).all((0, 1)).sum()) for stage in normalised]
    assert blank[0] == blank[1] == blank[2] > 0 == blank[3] == blank[4]


def test_the_grid_of_the_first_exercise_starts_at_relu(executed, normalised):
    check_statistics(executed.values["grid"], normalised[2])


def test_an_offset_leaves_what_the_line_says(executed, normalised):
    bn = normalised[1]
    moved = np.maximum(bn - bn.std(), 0)
    check_statistics(executed.values["moved"], moved)
    for line, maps in (("left", normalised[2]), ("left_then", moved)):
        percent, blank, count = map(int, re.findall(r"\d+", str(executed.values[line])))
        assert percent == pytest.approx(100 * (maps == 0).mean(), abs=1)
        assert blank == (maps.max((0, 1)) == 0).sum()
        assert count == 64


def test_the_picker_goes_through_the_layers(executed):
    assert str(executed.values["stepped"]) == "conv2_block1_2_bn"


def test_shortcuts_with_a_convolution_begin_the_stages(executed):
    stages = [f"conv{stage}_block1_0_conv" for stage in (2, 3, 4, 5)]
    assert list(executed.values["shortcuts"]) == stages


def test_the_panel_of_an_exercise_leaves_the_one_above_alone(executed, model):
    layer = "conv2_block1_preact_relu"
    began = [tuple(panel) for panel in executed.values["began"]]
    assert began == [(layer, "map", "viridis"), (layer, "signed", "coolwarm")]
    image = cw.VisionModel(model, keras.applications.resnet_v2.preprocess_input)
    steps = keras.Model(model.input, model.get_layer(layer).output)
    wanted = steps.predict(image.prepare(cw.load_image("cat")), verbose=0)[0]
    np.testing.assert_allclose(executed.values["walker"], wanted, rtol=1e-3, atol=1e-4)


def test_every_picture_and_panel_bears_the_caption(executed):
    check_captions(executed, CAPTION, 15)


def test_a_damaged_photograph_is_refused_in_a_sentence(tmp_path):
    photo = tmp_path / "bird.jpg"
    Image.fromarray(cw.load_image("cat")).save(photo)
    photo.write_bytes(photo.read_bytes()[:5000])
    sentence = refusal(NOTEBOOK, tmp_path, {"WEIGHTS": "random", "PHOTO": str(photo)})
    assert "bird.jpg: truncated or damaged" in sentence
