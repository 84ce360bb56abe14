import numpy as np
import pytest
from PIL import Image, ImageSequence

import convnet_widgets as cw
from convnet_widgets.rendering.animation import frame_strip, save_gif, tiled

RED, GREEN, BLUE = np.eye(3, dtype="uint8") * 255


def plain(colour, height=2, width=3):
    return np.full((height, width, 3), colour, "uint8")


def fading(count=12):
    """Two photographs that come out of grey."""
    pair = [
        np.asarray(Image.fromarray(cw.load_image(n)).resize((64, 64))) for n in ("cat", "coffee")
    ]
    ends = np.stack(pair).astype(float)
    return [(128 + (ends - 128) * k / (count - 1)).astype("uint8") for k in range(count)]


def played(path):
    with Image.open(path) as file:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(file)]


class TestGif:
    def test_few_colours_are_kept_as_they_are(self, tmp_path):
        palette = np.random.default_rng(0).integers(0, 256, (200, 3), "uint8")
        places = np.random.default_rng(1).integers(0, 200, (5, 30, 40))
        save_gif(palette[places], tmp_path / "few.gif")
        np.testing.assert_array_equal(played(tmp_path / "few.gif"), palette[places])

    def test_photographs_are_near_what_they_were_and_the_margin_is_black(self, tmp_path):
        frames = fading()
        save_gif(frames, tmp_path / "fading.gif")
        shown = played(tmp_path / "fading.gif")
        assert len(shown) == len(frames)
        for picture, frame in zip(shown, frames, strict=True):
            expected = tiled(frame)
            assert np.abs(picture.astype(int) - expected).mean() < 4
            assert picture[:5].max() == picture[:, :5].max() == picture[:, 69:74].max() == 0

    def test_what_does_not_change_does_not_flicker(self, tmp_path):
        frames = fading()
        for frame in frames:
            frame[0] = frames[-1][0]
        save_gif(frames, tmp_path / "half.gif")
        shown = played(tmp_path / "half.gif")
        for picture in shown:
            np.testing.assert_array_equal(picture[5:69, 5:69], shown[-1][5:69, 5:69])
        assert (shown[0][5:69, 74:138] != shown[-1][5:69, 74:138]).mean() > 0.9

    def test_plays_for_ever_and_holds_the_last(self, tmp_path):
        colours = [plain(colour) for colour in (RED, GREEN, BLUE)]
        save_gif(iter(colours), tmp_path / "times.GIF", seconds=0.2, hold=3.0)
        with Image.open(tmp_path / "times.GIF") as file:
            assert file.info["loop"] == 0
            shown = [frame.info["duration"] for frame in ImageSequence.Iterator(file)]
        assert shown == [200, 200, 3000]

    def test_one_frame_is_a_picture(self, tmp_path):
        save_gif([plain(GREEN)], tmp_path / "one.gif")
        np.testing.assert_array_equal(played(tmp_path / "one.gif"), [plain(GREEN)])

    def test_another_ending_is_refused_before_a_frame_is_asked_for(self, tmp_path):
        asked = []
        frames = (asked.append(1) or plain(RED) for _ in range(2))
        with pytest.raises(ValueError, match=r"saved as .gif, got .*film.mp4"):
            save_gif(frames, tmp_path / "film.mp4")
        assert asked == []

    @pytest.mark.parametrize("times", [{"seconds": 0.0}, {"hold": -1.0}])
    def test_no_time_is_refused(self, times, tmp_path):
        with pytest.raises(ValueError, match=r"shown for at least 0.01 s; got"):
            save_gif([plain(RED)], tmp_path / "film.gif", **times)


class TestStrip:
    def test_frames_stand_side_by_side_on_black(self):
        strip = frame_strip([plain(RED), plain(GREEN)], gap=1)
        black = np.zeros(3, "uint8")
        rim = [black] * 9
        row = [black, RED, RED, RED, black, GREEN, GREEN, GREEN, black]
        np.testing.assert_array_equal(strip, [rim, row, row, rim])

    def test_are_chosen_evenly_with_the_first_and_the_last(self):
        frames = [plain([n, n, n], 1, 1) for n in range(1, 42)]
        assert frame_strip(frames, 5, gap=0)[0, :, 0].tolist() == [1, 11, 21, 31, 41]
        assert frame_strip(frames, 2, gap=0)[0, :, 0].tolist() == [1, 41]
        assert frame_strip(frames, 1, gap=0)[0, :, 0].tolist() == [41]
        assert frame_strip(frames[:3], 5, gap=0)[0, :, 0].tolist() == [1, 2, 3]

    def test_each_picture_has_a_row(self):
        frames = [np.stack([plain([n, 0, 0], 1, 1), plain([0, n, 0], 1, 1)]) for n in (10, 20, 30)]
        strip = frame_strip(frames, 3, gap=0)
        assert strip[0].tolist() == [[10, 0, 0], [20, 0, 0], [30, 0, 0]]
        assert strip[1].tolist() == [[0, 10, 0], [0, 20, 0], [0, 30, 0]]

    def test_a_single_frame_has_a_margin_too(self):
        strip = frame_strip([plain(RED, 1, 1)], gap=2)
        assert strip.shape == (5, 5, 3)
        assert strip.sum() == 255 == strip[2, 2, 0]

    def test_no_frame_to_choose_is_refused(self):
        with pytest.raises(ValueError, match="at least 1 frame to choose; got 0"):
            frame_strip([plain(RED)], 0)


class TestTiled:
    def test_one_picture_stays_as_it_is(self):
        np.testing.assert_array_equal(tiled(plain(RED)), plain(RED))

    def test_several_have_black_between_and_around(self):
        black, colours = [0, 0, 0], [plain(c, 1, 1) for c in (RED, GREEN, BLUE)]
        expected = np.array(
            [
                [black] * 5,
                [black, RED, black, GREEN, black],
                [black] * 5,
                [black, BLUE, black, black, black],
                [black] * 5,
            ]
        )
        np.testing.assert_array_equal(tiled(colours, columns=2, gap=1), expected)


@pytest.fixture(params=["gif", "strip"])
def use(request, tmp_path):
    """Either way of using frames."""
    if request.param == "strip":
        return frame_strip
    return lambda frames: save_gif(frames, tmp_path / "film.gif")


class TestFrames:
    def test_none_are_refused(self, use):
        with pytest.raises(ValueError, match="at least one frame; got none"):
            use([])

    def test_other_types_are_refused(self, use):
        with pytest.raises(TypeError, match=r"uint8, 0–255; frame 1 is float64; Step.pictures"):
            use([plain(RED), plain(RED) / 255])

    @pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (4, 4, 7), (0, 4, 3), (1, 1, 4, 4, 3)])
    def test_other_axes_are_refused(self, use, shape):
        with pytest.raises(ValueError, match="expected frames .* frame 0 has.* choose three"):
            use([np.zeros(shape, "uint8")])

    def test_one_channel_becomes_grey(self, tmp_path):
        frame = np.arange(0, 240, 40, dtype="uint8").reshape(2, 3, 1)
        expected = np.repeat(frame, 3, axis=-1)
        strip = frame_strip([frame, 255 - frame], gap=1)
        np.testing.assert_array_equal(strip, frame_strip([expected, 255 - expected], gap=1))
        save_gif([frame, 255 - frame], tmp_path / "grey.gif")
        with Image.open(tmp_path / "grey.gif") as saved:
            np.testing.assert_array_equal(np.asarray(saved.convert("RGB")), expected)

    def test_unequal_shapes_are_refused(self, use):
        with pytest.raises(ValueError, match=r"frame 0 has \(2, 3, 3\), frame 1 \(3, 2, 3\)"):
            use([plain(RED), plain(RED, 3, 2)])
