import io
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from convnet_widgets import load_image, sample_images
from convnet_widgets.core import images

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# Two rows of three: every rotation and reflection of it differs.
PICTURE = np.array([[RED, GREEN, BLUE], [WHITE, (10, 20, 30), (0, 0, 0)]], "uint8")


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


PNG = encoded(Image.fromarray(PICTURE))


def assert_same(loaded, expected):
    assert loaded.dtype == np.uint8
    np.testing.assert_array_equal(loaded, expected)


def test_import_loads_no_tensorflow():
    code = (
        "import sys; from convnet_widgets import load_image; load_image('cat');"
        "print([m for m in ('tensorflow', 'keras', 'matplotlib', 'skimage') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
def test_bytes(wrap):
    assert_same(load_image(wrap(PNG)), PICTURE)


@pytest.mark.parametrize("wrap", [str, lambda path: path])
def test_path(tmp_path, wrap):
    path = tmp_path / "picture.png"
    path.write_bytes(PNG)
    assert_same(load_image(wrap(path)), PICTURE)


def test_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "picture.png").write_bytes(PNG)
    assert_same(load_image("~/picture.png"), PICTURE)


def test_pillow_image_is_left_as_it_was():
    image = Image.fromarray(PICTURE)
    loaded = load_image(image)
    assert_same(loaded, PICTURE)
    loaded[:] = 7
    np.testing.assert_array_equal(np.asarray(image), PICTURE)


# The samples


def test_cat_is_the_one_of_scikit_image():
    from skimage.data import chelsea

    assert_same(load_image("cat"), chelsea())


def test_china_is_the_one_of_scikit_learn():
    from sklearn.datasets import load_sample_image

    assert_same(load_image("china"), load_sample_image("china.jpg"))


def test_every_sample_loads():
    names = sample_images()
    assert {"cat", "coffee", "astronaut", "rocket", "china", "flower"} <= set(names)
    for name in names:
        height, width, channels = load_image(name).shape
        assert min(height, width) > 200
        assert channels == 3


def test_without_the_packages(monkeypatch):
    monkeypatch.setattr(images, "package_file", lambda *_: None)
    with pytest.raises(ModuleNotFoundError, match=r"convnet-widgets\[lab\]"):
        sample_images()
    with pytest.raises(FileNotFoundError, match=r"'cat' is not here.*convnet-widgets\[lab\]"):
        load_image("cat")


def test_with_one_package(monkeypatch):
    found = images.package_file
    monkeypatch.setattr(images, "package_file", lambda *at: found(*at) if "sklearn" in at else None)
    assert sample_images() == ["china", "flower"]


def test_a_sample_goes_before_a_file(tmp_path, monkeypatch):
    (tmp_path / "cat").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    assert load_image("cat").shape == (300, 451, 3)
    assert_same(load_image("./cat"), PICTURE)


# Kinds of image


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, PICTURE),
        (2, PICTURE[:, ::-1]),
        (3, PICTURE[::-1, ::-1]),
        (4, PICTURE[::-1]),
        (5, PICTURE.transpose(1, 0, 2)),
        (6, np.rot90(PICTURE, -1)),
        (7, PICTURE[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90(PICTURE)),
    ],
)
def test_exif_rotation(orientation, expected):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_same(load_image(encoded(Image.fromarray(PICTURE), exif=exif)), expected)


def test_alpha_is_laid_on_white():
    rgba = np.array([[(255, 0, 0, 255), (255, 0, 0, 0), (0, 0, 0, 51)]], "uint8")
    expected = [[RED, WHITE, (204, 204, 204)]]
    assert_same(load_image(encoded(Image.fromarray(rgba))), expected)
    assert_same(load_image(rgba), expected)


def test_grey_with_alpha():
    la = np.array([[(100, 255), (100, 0), (0, 51)]], "uint8")
    expected = [[(100,) * 3, WHITE, (204,) * 3]]
    assert_same(load_image(encoded(Image.fromarray(la, "LA"))), expected)


def test_palette():
    image = Image.fromarray(PICTURE).quantize(8)
    assert image.mode == "P"
    assert_same(load_image(encoded(image)), PICTURE)


def palette_image(transparency):
    image = Image.new("P", (3, 1))
    image.putpalette([*RED, *GREEN, *BLUE])
    image.putdata([0, 1, 2])
    return encoded(image, transparency=transparency)


def test_palette_with_a_transparent_colour():
    assert_same(load_image(palette_image(1)), [[RED, WHITE, BLUE]])


def test_palette_with_alpha_for_each_colour():
    assert_same(load_image(palette_image(b"\xff\x00\x33")), [[RED, WHITE, (204, 204, 255)]])


def test_transparent_colour_of_an_rgb_file():
    data = encoded(Image.fromarray(PICTURE), transparency=(10, 20, 30))
    expected = PICTURE.copy()
    expected[1, 1] = 255
    assert_same(load_image(data), expected)


def test_grey():
    grey = np.array([[0, 100, 255]], "uint8")
    expected = np.repeat(grey[..., None], 3, axis=2)
    for source in (encoded(Image.fromarray(grey)), grey, grey[..., None]):
        assert_same(load_image(source), expected)


def test_one_bit():
    bits = np.array([[True, False, True]])
    expected = [[WHITE, (0, 0, 0), WHITE]]
    assert_same(load_image(encoded(Image.fromarray(bits))), expected)
    assert_same(load_image(bits), expected)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_are_scaled(kind):
    deep = np.array([[0, 257, 25700, 65535]], "uint16")
    expected = [[(0,) * 3, (1,) * 3, (100,) * 3, WHITE]]
    assert_same(load_image(encoded(Image.fromarray(deep), kind)), expected)
    assert_same(load_image(deep), expected)


def test_16_bits_in_a_32_bit_image():
    deep = Image.fromarray(np.array([[0, 25700, 65535]], "int32"))
    assert deep.mode == "I"
    assert_same(load_image(deep), [[(0,) * 3, (100,) * 3, WHITE]])


def test_cmyk():
    cmyk = Image.new("CMYK", (1, 1), (0, 255, 255, 0))
    assert_same(load_image(encoded(cmyk, "TIFF")), [[RED]])


def test_gif_gives_its_first_frame():
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert_same(load_image(data), np.broadcast_to(np.uint8(RED), (4, 4, 3)))


def test_jpeg_and_webp():
    flat = np.full((16, 16, 3), 77, "uint8")
    for kind in ("JPEG", "WEBP"):
        loaded = load_image(encoded(Image.fromarray(flat), kind, quality=100))
        np.testing.assert_allclose(loaded, flat.astype(int), atol=1)


# Arrays


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
def test_arrays_hold_0_to_255(dtype):
    assert_same(load_image(PICTURE.astype(dtype)), PICTURE)


def test_lists():
    assert_same(load_image(PICTURE.tolist()), PICTURE)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_within_0_to_1_are_taken_so(dtype):
    floats = np.array([[0, 0.2, 1]], dtype)
    assert_same(load_image(floats), [[(0,) * 3, (51,) * 3, WHITE]])


def test_floats_beyond_1_are_taken_as_255():
    assert_same(load_image(np.array([[0.4, 1.0, 1.6]])), [[(0,) * 3, (1,) * 3, (2,) * 3]])


def test_integers_are_never_taken_as_0_to_1():
    assert_same(load_image(np.array([[0, 1]])), [[(0,) * 3, (1,) * 3]])


def test_the_array_is_not_shared():
    source = PICTURE.copy()
    load_image(source)[:] = 7
    np.testing.assert_array_equal(source, PICTURE)


# What is refused, each with its own sentence


def test_missing_file_names_near_samples():
    with pytest.raises(FileNotFoundError, match=r"no file 'cofee'.*samples: coffee\)"):
        load_image("cofee")


def test_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load_image(tmp_path)


def test_special_file():
    with pytest.raises(ValueError, match="not a regular file"):
        load_image("/dev/zero")


@pytest.mark.parametrize("url", ["https://example.org/cat.png", "data:image/png;base64,AAAA"])
def test_web_address(url):
    with pytest.raises(ValueError, match="is a web address"):
        load_image(url)


def test_not_an_image(tmp_path):
    path = tmp_path / "notes.png"
    path.write_text("this is text")
    with pytest.raises(ValueError, match=r"notes\.png: not an image"):
        load_image(path)


def test_no_bytes(tmp_path):
    (tmp_path / "empty.png").touch()
    for source in (b"", tmp_path / "empty.png"):
        with pytest.raises(ValueError, match="empty, 0 bytes"):
            load_image(source)


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), "uint8"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
def test_truncated(kind):
    data = encoded(NOISE, kind)
    with pytest.raises(ValueError, match=r"truncated or damaged|not an image"):
        load_image(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_truncated_photographs_are_called_so(kind):
    with pytest.raises(ValueError, match="truncated or damaged"):
        load_image(encoded(NOISE, kind)[:-500])


def test_damaged_exif_is_passed_over_in_silence():
    # An EXIF block that promises an entry that is not there.
    data = encoded(NOISE, "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x09\x01")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_image(data).shape == (64, 64, 3)


@pytest.mark.parametrize("limit", [5, 3, 1])  # Pillow itself: nothing, a warning, an error
def test_too_many_pixels(monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    for source in (PNG, Image.fromarray(PICTURE), PICTURE):
        with pytest.raises(ValueError, match="too large"):
            load_image(source)


def test_as_many_pixels_as_allowed(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 6)
    assert_same(load_image(PNG), PICTURE)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert_same(load_image(PNG), PICTURE)


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 0), (0,)])
def test_empty_array(shape):
    with pytest.raises(ValueError, match="array is empty"):
        load_image(np.zeros(shape))


def test_empty_pillow_image():
    with pytest.raises(ValueError, match="empty, 0 × 4 pixels"):
        load_image(Image.new("RGB", (0, 4)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_finite(value):
    array = PICTURE.astype(float)
    array[0, 0, 0] = value
    with pytest.raises(ValueError, match="NaN or infinite"):
        load_image(array)


@pytest.mark.parametrize("extreme", [-1, 256])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_out_of_range(extreme, dtype):
    array = PICTURE.astype(dtype)
    array[0, 0, 0] = extreme
    with pytest.raises(ValueError, match="expected values 0–255"):
        load_image(array)


@pytest.mark.parametrize("shape", [(4, 4, 2), (4, 4, 7), (3, 8, 8), (1, 4, 4, 3), (4,)])
def test_other_shapes(shape):
    with pytest.raises(ValueError, match="expected one image"):
        load_image(np.ones(shape))


@pytest.mark.parametrize(
    "source", [None, {}, object(), [[1, 2], [3]], ["a"], np.ones((2, 2), complex)]
)
def test_other_things(source):
    with pytest.raises(TypeError, match="expected a sample name, path, bytes"):
        load_image(source)
