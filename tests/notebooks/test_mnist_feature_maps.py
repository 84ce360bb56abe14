"""The notebook on MNIST digits: its pictures against the sums behind them."""

import re

import keras
import numpy as np
import pytest

import convnet_widgets as cw
from notebooks import WIDGET_VIEW, refusal, run

NAME = "01_mnist_feature_maps.ipynb"
CAPTION = "mnist_convnet · weights: trained here on 4,000 digits"
FIGURES = ["conv_0_figure", "conv_1_figure", "curve_figure", "active_figure", "strokes_figure"]
FIGURES += ["extremes_figure", "likeness_figure", "shift_figure"]
OURS = ["conv_0_mosaic", "conv_1_mosaic", "channel_figure"]
OF_THE_DIGITS = ["digits_figure", "digit_figure"]
VALUES = {
    "chosen": "chosen",
    "names": "[layer.name for layer in model.layers]",
    **{f"weight_{i}": f"model.get_weights()[{i}]" for i in range(8)},
    "grid_0": "[ax.images[0].get_array() for ax in conv_0_figure.axes]",
    "grid_1": "[ax.images[0].get_array() for ax in conv_1_figure.axes]",
    "places": "[ax.get_subplotspec().num1 for ax in conv_1_figure.axes]",
    "rows_and_columns": "conv_1_figure.axes[0].get_gridspec().get_geometry()",
    "mosaic_0": "conv_0_mosaic.axes[0].images[0].get_array().filled(np.nan)",
    "mosaic_1": "conv_1_mosaic.axes[0].images[0].get_array().filled(np.nan)",
    "limits_1": "conv_1_mosaic.axes[0].images[0].get_clim()",
    "channel": "channel_figure.axes[0].images[0].get_array()",
    "channel_shown": "viewer.channel",
    "viewer_maps": "viewer.maps",
    "filters": "filter_viewer.weights",
    "active_0": "[bar.get_height() for bar in active_figure.axes[0].patches]",
    "active_1": "[bar.get_height() for bar in active_figure.axes[1].patches]",
    "prefers": "[bar.get_height() for bar in strokes_figure.axes[0].patches]",
    "extremes": "np.stack([extremes_figure.axes[i].images[0].get_array() for i in (2, 4)])",
    "extreme_filters": "np.stack([extremes_figure.axes[i].images[0].get_array() for i in (1, 3)])",
    "alike": "alike",
    "alike_shown": "[ax.images[0].get_array() for ax in likeness_figure.axes[1:]]",
    "titles": f"[figure.get_suptitle() for figure in ({', '.join(FIGURES)})]",
    "our_titles": f"[figure.axes[0].get_title(loc='left') for figure in ({', '.join(OURS)})]",
    "viewer_captions": "[each.caption for each in (viewer, filter_viewer, by_digit, weights_panel,"
    " maps_panel, shifted_viewer)]",
    "linked": "[link.source[1], link.target[1], weights_panel.filter, maps_panel.channel]",
    "after_moving_1": "(setattr(which, 'value', 7), by_digit.maps)[1]",
    "reading_1": "reading.value",
    "moving": "moving",
    "after_moving_3": "(setattr(shift, 'value', 3), shifted_viewer.maps)[1]",
    "readings_3": "[(setattr(shift, 'value', by), shifted_reading.value)[1] for by in range(7)]",
    "shares": "shift_figure.axes[0].lines[0].get_xydata()",
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return run(NAME, VALUES, tmp_path_factory.mktemp("mnist"))


@pytest.fixture(scope="module")
def values(executed):
    return executed.values


@pytest.fixture(scope="module")
def parts():
    return cw.load_digits().split(0.2, seed=0)


def convolve(images, kernel, bias):
    """A 3 × 3 convolution and its ReLU, tap by tap."""
    height, width = images.shape[1] - 2, images.shape[2] - 2
    sums = np.zeros((len(images), height, width, kernel.shape[3]))
    for row in range(3):
        for column in range(3):
            window = images[:, row : row + height, column : column + width]
            sums += window @ kernel[row, column]
    return np.maximum(sums + bias, 0)


@pytest.fixture(scope="module")
def maps_of(values):
    """``maps_of(pixels)`` gives the maps of both convolutions for a batch of uint8 digits."""
    weights = [values[f"weight_{i}"] for i in range(4)]

    def both(pixels):
        first = convolve(pixels / 255.0, *weights[:2])
        return first, convolve(first, *weights[2:])

    return both


@pytest.fixture(scope="module")
def of_digit(values, parts, maps_of):
    """Maps (height, width, channels) of both convolutions for the digit of the notebook."""
    pixels = parts[0].images[[values["chosen"]]]
    return [maps[0] for maps in maps_of(pixels)]


@pytest.fixture(scope="module")
def of_500(parts, maps_of):
    """500 held-out digits and their maps."""
    pixels = parts[1].images[:500]
    return pixels, *maps_of(pixels)


def moved_right(pixels, by):
    """Digits (..., height, width, 1), `by` columns further to the right."""
    moved = np.zeros_like(pixels)
    for column in range(by, pixels.shape[-2]):
        moved[..., column, :] = pixels[..., column - by, :]
    return moved


@pytest.fixture(scope="module")
def answers(values):
    """``answers(pixels)``: probabilities of the classes, by a network built anew."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.set_weights([values[f"weight_{i}"] for i in range(8)])
    return lambda pixels: model.predict(pixels / 255.0, verbose=0)


class TestNetwork:
    def test_reads_held_out_digits(self, answers, parts):
        read = answers(parts[1].images).argmax(axis=1) == parts[1].labels
        assert read.mean() >= 0.95

    def test_has_the_names_of_the_tutorial_and_the_first_renamed(self, values):
        expected = "conv_0 conv_1 pool_1 dropout_1 flate_1 dense_1 dropout_2 output_layer"
        assert values["names"].tolist() == expected.split()


class TestGridsOfTheTutorial:
    def test_show_the_first_32_maps(self, values, of_digit):
        for name, maps in zip(("grid_0", "grid_1"), of_digit, strict=True):
            assert values[name].shape == (32, *maps.shape[:2])
            for channel in range(32):
                np.testing.assert_allclose(values[name][channel], maps[..., channel], atol=1e-4)

    def test_are_four_rows_of_eight_in_reading_order(self, values):
        assert values["rows_and_columns"].tolist() == [4, 8]
        assert values["places"].tolist() == list(range(32))


@pytest.mark.parametrize(("name", "layer"), [("mosaic_0", 0), ("mosaic_1", 1)])
def test_mosaic_holds_every_map_eight_in_a_row(values, of_digit, name, layer):
    picture, maps = values[name], of_digit[layer]
    side, _, channels = maps.shape
    rows = channels // 8
    # of equal tiles with equal gaps between them
    down, across = (
        (length - n * side) / (n - 1) for length, n in zip(picture.shape, (rows, 8), strict=True)
    )
    covered = np.zeros(picture.shape, bool)
    for channel in range(channels):
        top = int(channel // 8 * (side + down))
        left = int(channel % 8 * (side + across))
        tile = np.s_[top : top + side, left : left + side]
        np.testing.assert_allclose(picture[tile], maps[..., channel], atol=1e-4)
        covered[tile] = True
    assert np.isnan(picture[~covered]).all()


def test_one_scale_serves_the_whole_layer(values, of_digit):
    expected = of_digit[1].min(), of_digit[1].max()
    np.testing.assert_allclose(values["limits_1"], expected, atol=1e-4)


class TestViewers:
    def test_show_the_maps_of_the_network_trained_in_the_notebook(self, values, of_digit):
        np.testing.assert_allclose(values["viewer_maps"], of_digit[0], atol=1e-4)

    def test_figure_shows_the_strongest_channel(self, values, of_digit):
        strongest = of_digit[0].max(axis=(0, 1))
        shown = values["channel_shown"]
        assert strongest[shown] == pytest.approx(strongest.max(), abs=1e-4)
        np.testing.assert_allclose(values["channel"], of_digit[0][..., shown], atol=1e-4)

    def test_filters_are_the_weights(self, values):
        kernel = values["weight_0"]
        for number in range(32):
            np.testing.assert_array_equal(values["filters"][number], kernel[..., number])

    def test_slider_of_exercise_1_shows_a_harder_digit(self, values, parts, answers, maps_of):
        held_out = parts[1]
        given = answers(held_out.images)
        probabilities = given[np.arange(len(held_out)), held_out.labels]
        index = np.argsort(probabilities)[7]
        shown = maps_of(held_out.images[[index]])[1][0]
        np.testing.assert_allclose(values["after_moving_1"], shown, atol=1e-4)
        said = f"a {held_out.labels[index]}, read as {given[index].argmax()}"
        assert str(values["reading_1"]).startswith(said)

    def test_panels_of_exercise_2_are_linked_and_begin_alike(self, values):
        *traits, chosen, shown = values["linked"].tolist()
        assert traits == ["filter", "channel"]
        assert int(chosen) == int(shown) == np.argmax(values["prefers"])

    def test_slider_of_exercise_3_shifts_the_digit(self, values, parts, answers, maps_of):
        index = int(values["moving"])
        pixels, label = parts[1].images[index], parts[1].labels[index]
        expected = maps_of(moved_right(pixels, 3)[None])[0][0]
        np.testing.assert_allclose(values["after_moving_3"], expected, atol=1e-4)
        read = []
        for by, said in enumerate(values["readings_3"]):
            given = answers(moved_right(pixels, by)[None])[0]
            parsed = re.fullmatch(r"a (\d), read as (\d) with p = (.*)", str(said))
            assert int(parsed[1]) == label
            assert int(parsed[2]) == given.argmax()
            assert float(parsed[3]) == pytest.approx(given.max(), abs=0.006)
            read.append(int(parsed[2]))
        assert read[:3] == [label] * 3
        assert read[6] != label


class TestMeasurements:
    def test_share_of_places_above_zero(self, values, of_500):
        for name, maps in zip(("active_0", "active_1"), of_500[1:], strict=True):
            # a value about zero may fall on either side
            np.testing.assert_allclose(values[name], (maps > 0).mean((0, 1, 2)), atol=2e-3)

    def test_preference_for_horizontal_and_vertical_edges(self, values, of_500):
        pixels, maps, _ = of_500
        sums, counts = np.zeros((2, 32)), np.zeros(2)
        ink = pixels[..., 0] / np.float32(255)
        for row in range(26):
            for column in range(26):
                window = ink[:, row : row + 3, column : column + 3]
                down = abs(window[:, 2, 1] - window[:, 0, 1])
                across = abs(window[:, 1, 2] - window[:, 1, 0])
                kinds = (
                    (down > 0.3) & (down > 2 * across),
                    (across > 0.3) & (across > 2 * down),
                )
                for kind, chosen in enumerate(kinds):
                    sums[kind] += maps[chosen, row, column].sum(axis=0)
                    counts[kind] += chosen.sum()
        horizontal, vertical = sums / counts[:, None]
        expected = (horizontal - vertical) / (horizontal + vertical)
        np.testing.assert_allclose(values["prefers"], expected, atol=5e-3)

    def test_the_extremes_of_it_are_shown(self, values, of_digit):
        ends = [np.argmin(values["prefers"]), np.argmax(values["prefers"])]
        for shown, kernel, channel in zip(
            values["extremes"], values["extreme_filters"], ends, strict=True
        ):
            np.testing.assert_allclose(shown, of_digit[0][..., channel], atol=1e-4)
            np.testing.assert_array_equal(kernel, values["weight_0"][:, :, 0, channel])

    def test_likeness_is_the_mean_correlation_with_the_ink(self, values, of_500):
        pixels, _, maps = of_500
        expected = np.zeros(64)
        for digit, answer in zip(pixels[:, 2:-2, 2:-2, 0], maps, strict=True):
            for channel in np.flatnonzero(answer.std(axis=(0, 1)) > 0):
                both = digit.ravel(), answer[..., channel].ravel()
                expected[channel] += np.corrcoef(*both)[0, 1] / len(pixels)
        np.testing.assert_allclose(values["alike"], expected, atol=5e-3)

    def test_the_most_and_the_least_alike_are_shown(self, values, of_digit):
        order = np.argsort(-values["alike"])
        for shown, channel in zip(values["alike_shown"], [*order[:3], *order[-3:]], strict=True):
            np.testing.assert_allclose(shown, of_digit[1][..., channel], atol=1e-4)

    def test_share_read_by_shift(self, values, parts, answers):
        assert values["shares"][:, 0].tolist() == list(range(7))
        held_out = parts[1]
        for by, share in values["shares"]:
            read = answers(moved_right(held_out.images, int(by))).argmax(axis=1)
            # a digit between two classes may fall on either side
            assert share == pytest.approx((read == held_out.labels).mean(), abs=2e-3)

    def test_many_are_read_as_a_4_at_the_rim_as_the_answer_to_exercise_3_says(self, parts, answers):
        held_out = parts[1]
        read = answers(moved_right(held_out.images, 6)).argmax(axis=1)
        assert (read == 4).sum() > 1.5 * (held_out.labels == 4).sum()

    def test_several_maps_lead_by_turns_as_the_answer_to_exercise_4_says(self, of_500):
        maps = of_500[2]
        order = np.argsort(-maps.mean(axis=(1, 2)), axis=1)
        leaders, strongest = order[:, 0], maps.max(axis=(1, 2)).argmax(axis=1)
        assert len(set(leaders)) >= 5
        assert (leaders != strongest).any()
        neighbours = zip(order[:-1, :5], order[1:, :5], strict=True)
        shared = [len(set(one) & set(other)) for one, other in neighbours]
        assert 1 < np.mean(shared) < 3.5


class TestPictures:
    def test_every_one_says_whose_it_is(self, values):
        for title in (*values["titles"], *values["our_titles"], *values["viewer_captions"]):
            assert str(title).startswith(CAPTION)

    def test_are_live_under_ipympl(self, executed):
        assert len(executed.figures) == len(FIGURES + OURS + OF_THE_DIGITS)
        assert all(WIDGET_VIEW in shown for shown in executed.figures)


def test_all_digits_offline_end_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody answers
    sentence = refusal(NAME, tmp_path, {"FULL": True}, "ConnectionError")
    assert "70,000 digits" in sentence
    assert "load_digits(full=False)" in sentence
