"""Notebook 07: the arrays behind its pictures, what its parts do to them, captions, bad input."""

from io import BytesIO

import keras
import numpy as np
import pytest
from pictures import cat_pixels
from PIL import Image, ImageSequence

import convnet_widgets as cw
from notebooks import WIDGET_VIEW, check_refusal_of_other_weights, run

NOTEBOOK = "07_activation_models_and_optvis.ipynb"
CAPTION = "VGG16 · weights: hed-bsds500"
SMALL = "EfficientNetLite0 · weights: imagenet"
LAYERS = [f"block{block}_conv1" for block in range(1, 6)]
FIGURES = "limits, first, both, curve, parts, clipped, classes, redirected, films"
SHOWN = "np.stack([axes.images[0].get_array() for axes in {}.axes])"
VALUES = {
    "limits": "[axes.images[0].get_array() for axes in limits.axes[1:]]",
    "scales": "[axes.images[0].get_clim() for axes in limits.axes[1:]]",
    "maps": "[axes.images[0].get_clim()[1] for axes in first.axes]",
    "finding": "[axes.get_title(loc='left').split()[-1] for axes in first.axes]",
    "plain": "both.axes[0].images[0].get_array()",
    "picture": "both.axes[1].images[0].get_array()",
    "answer": "both.axes[2].images[0].get_array()",
    "losses": "opt_vis.losses",
    "curve": "curve.axes[0].lines[0].get_ydata()",
    "parts": SHOWN.format("parts"),
    "means": "[ascent[-1].objective for ascent in steps.values()]",
    "clipped": SHOWN.format("clipped"),
    "classes": SHOWN.format("classes"),
    "said": "[axes.get_title(loc='left') for axes in classes.axes]",
    "redirected": SHOWN.format("redirected"),
    "answers": "[ascent[-1].objective for ascent in rescued.values()]",
    "frames": "frames",
    "strip": "films.axes[0].images[0].get_array()",
    "film": "np.frombuffer(film, np.uint8)",
    "slid": "[setattr(step_slider, 'value', 64), np.frombuffer(shown.value, np.uint8)][1]",
    "moved": "[setattr(jitter_slider, 'value', 4), np.frombuffer(jittered.value, np.uint8)][1]",
    "captions": f"[figure.get_suptitle() for figure in ({FIGURES})]",
    "labels": "[jitter_label.value, viewer.caption]",
    "error": "[viewer.error]",
    **{f"maps {n}": f"first.axes[{n}].images[0].get_array()" for n in range(15)},
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return run(NOTEBOOK, VALUES, tmp_path_factory.mktemp("optvis"), {"WEIGHTS": "hed"})


@pytest.fixture(scope="module")
def outputs():
    """What five layers of VGG16 make of pictures as they are given."""
    model = cw.load_model("VGG16", "hed", include_top=False).model
    return keras.Model(model.input, [model.get_layer(name).output for name in LAYERS])


@pytest.fixture(scope="module")
def prepared():
    """The cat as VGG16 is given it: blue first, less ImageNet's mean colour."""
    return (cat_pixels()[..., ::-1] - [103.939, 116.779, 123.68])[None]


def grain(pictures):
    """How different neighbours are, by the deviation of a whole picture."""
    values = pictures.astype(float)
    down = np.abs(np.diff(values, axis=1)).mean((1, 2, 3))
    return down / values.std((1, 2, 3))


def colourfulness(pictures):
    """How far the colours of a pixel are apart."""
    return pictures.astype(float).std(axis=-1).mean((1, 2))


def test_feature_maps_of_both_kinds_of_input(executed, outputs, prepared):
    bright = outputs.predict(cat_pixels()[None] / 255, verbose=0)[3][0, ..., 10]
    full = outputs.predict(prepared, verbose=0)[3][0, ..., 10]
    shown = executed.values["limits"]
    for found, expected in zip(shown, (bright, full, full), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-2)
    scales = executed.values["scales"]
    np.testing.assert_allclose(scales, [[0, 1], [0, 1], [0, full.max()]], rtol=1e-3)
    assert (bright > 1).mean() < 0.01 < 0.1 < (full > 1).mean()


def test_the_first_maps_of_five_layers(executed, outputs, prepared):
    every = outputs.predict(prepared, verbose=0)
    for place in range(15):
        row, column = divmod(place, 5)
        maps, filter = every[column][0], int(executed.values["finding"][place])
        shown = executed.values[f"maps {place}"]
        np.testing.assert_allclose(shown, maps[..., filter], rtol=1e-3, atol=1e-2)
        three = [int(executed.values["finding"][one]) for one in range(column, 15, 5)]
        top = np.percentile(maps[..., three], 99)
        assert executed.values["maps"][place] == pytest.approx(top, rel=1e-3)
        assert (shown > top / 4).mean() > 0.02  # something is seen
        answers = maps.mean((0, 1))
        assert answers[filter] > maps.mean()
        assert (answers[:filter] > maps.mean()).sum() == row


def test_plain_pixels_leave_what_can_be_shown_and_ours_stay(executed):
    plain, picture = executed.values["plain"], executed.values["picture"]
    assert np.isin(plain, [0, 255]).mean() > 0.7
    assert np.isin(picture, [0, 255]).mean() < 0.1
    assert picture.std() > 40
    assert grain(picture[None]) < 0.6 * grain(plain[None])


def test_the_loss_grows(executed):
    losses, curve = executed.values["losses"], executed.values["curve"]
    np.testing.assert_array_equal(losses, curve)
    assert len(losses) == 64
    thirds = losses[:63].reshape(3, -1).mean(1)
    assert losses[0] < thirds[0] < thirds[1] < thirds[2]
    assert executed.values["answer"].mean() > thirds[2]


def test_what_each_part_adds(executed):
    shown = executed.values["parts"].reshape(3, 4, 96, 96, 3)
    pixels, frequencies, colours, moves = np.moveaxis(shown, 1, 0)
    assert (grain(frequencies) < 0.8 * grain(pixels)).all()
    assert (colourfulness(colours) < 0.6 * colourfulness(frequencies)).all()
    assert grain(moves).mean() < 0.9 * grain(colours).mean()
    means = executed.values["means"]
    assert (means[3] < 0.8 * means[2]).all()  # and look better, as the text says
    assert (means[1] > means[0]).all()


def test_clipping_keeps_steep_steps_from_the_ends_of_the_range(executed):
    adam, clipped, free = executed.values["clipped"]
    np.testing.assert_array_equal(adam, executed.values["frames"][64, 2])
    ends = [np.isin(picture, [0, 255]).mean() for picture in (clipped, free)]
    assert ends[0] < 0.1 < 0.15 < ends[1]


def test_pictures_of_classes_are_taken_for_them(executed):
    pictures = executed.values["classes"]
    assert pictures.shape == (2, 128, 128, 3)
    net = cw.load_model("EfficientNetLite0")
    dense = net.model.get_layer("predictions")
    before = keras.Model(net.model.input, dense.input)
    logits = before.predict(net.prepare(pictures), verbose=0) @ np.asarray(dense.kernel)
    shares = np.exp(logits + np.asarray(dense.bias))
    shares /= shares.sum(1, keepdims=True)
    for row, place in enumerate((288, 84)):
        assert shares[row, place] > 0.5
        said = float(str(executed.values["said"][row]).split()[-1].removesuffix("%"))
        assert 100 * shares[row, place] == pytest.approx(said, abs=1)
    assert (grain(pictures) < 0.6).all()


def test_redirected_gradients_make_pictures_of_silent_filters(executed):
    silent, helped = executed.values["redirected"].reshape(2, 3, 64, 64, 3)
    assert silent.std(axis=(1, 2, 3)).max() < 2
    assert helped.std(axis=(1, 2, 3)).min() > 15
    assert executed.values["answers"][0].max() == 0
    assert executed.values["answers"][1].min() > 20


def test_the_strip_and_the_film_show_the_ascent(executed):
    frames, strip = executed.values["frames"], executed.values["strip"]
    assert frames.shape == (65, 3, 96, 96, 3)
    assert strip.shape == (3 * 101 + 5, 6 * 101 + 5, 3)
    for column, step in enumerate([0, 13, 26, 38, 51, 64]):
        for row in range(3):
            y, x = 5 + 101 * row, 5 + 101 * column
            np.testing.assert_array_equal(strip[y : y + 96, x : x + 96], frames[step, row])
    np.testing.assert_array_equal(frames[64], executed.values["parts"][3::4])
    with Image.open(BytesIO(executed.values["film"].tobytes())) as film:
        played = [np.asarray(one.convert("RGB")) for one in ImageSequence.Iterator(film)]
    assert len(played) == 33
    last = played[-1][5:101, 5:101].astype(int)
    assert np.abs(last - frames[64, 0]).mean() < 8


def test_the_sliders_show_another_step_and_another_shift(executed):
    shown = np.asarray(Image.open(BytesIO(executed.values["slid"].tobytes())))
    np.testing.assert_array_equal(shown[5:101, 5:293], np.hstack(executed.values["frames"][64]))
    moved = np.asarray(Image.open(BytesIO(executed.values["moved"].tobytes())))
    assert moved.shape == (64, 64, 3)
    assert moved.std() > 15


def test_every_picture_and_panel_bears_its_caption(executed):
    networks = [CAPTION] * 4 + [SMALL] * 3 + [CAPTION, SMALL]
    captions = [str(caption) for caption in executed.values["captions"]]
    assert [caption.split("\n")[0] for caption in captions] == networks
    assert len(executed.figures) == len(captions)
    assert all(WIDGET_VIEW in data for data in executed.figures)
    jitter, viewer = executed.values["labels"]
    assert str(jitter).startswith(f"{SMALL}, block4b_add, filter 2, mean ")
    assert str(viewer).startswith(CAPTION)
    assert list(executed.values["error"]) == [""]


def test_weights_of_another_network_are_refused_in_a_sentence(tmp_path):
    check_refusal_of_other_weights(NOTEBOOK, tmp_path)
