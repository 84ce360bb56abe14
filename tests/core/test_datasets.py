import http.server
import socket
import threading
from functools import partial

import numpy as np
import pytest
from PIL import Image

import convnet_widgets as cw
from convnet_widgets.core import datasets


def save(path, colour, size=(40, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def keras_download(monkeypatch, tmp_path):
    """``keras_download(port)`` lets Keras look for MNIST at that port; returns its cache."""
    from keras.src.datasets import mnist
    from keras.src.utils import file_utils

    home = tmp_path / "keras"
    home.mkdir()  # else Keras falls back to one for all
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(home))
    fetch = mnist.get_file

    def point_to(port):
        here = {"origin": f"http://127.0.0.1:{port}/mnist.npz", "file_hash": None}
        monkeypatch.setattr(mnist, "get_file", lambda **given: fetch(**given | here))
        return home

    return point_to


@pytest.fixture
def folder(tmp_path):
    """Two cats, one dog, and what lies about in real folders."""
    save(tmp_path / "pets" / "dogs" / "1.png", (0, 0, 200))
    save(tmp_path / "pets" / "cats" / "b.png", (200, 0, 0))
    save(tmp_path / "pets" / "cats" / "a.JPG", (0, 200, 0))
    (tmp_path / "pets" / "cats" / "Thumbs.db").write_bytes(b"no image")
    (tmp_path / "pets" / "cats" / "._a.jpg").write_bytes(b"of another system")
    (tmp_path / "pets" / ".cache").mkdir()
    return tmp_path / "pets"


class TestDigits:
    def test_are_those_of_mnist(self):
        digits = cw.load_digits()
        assert digits.images.shape == (5000, 28, 28, 1)
        assert np.bincount(digits.labels).tolist() == [500] * 10
        assert digits.names == tuple("0123456789")
        assert (digits.images.min(), digits.images.max()) == (0, 255)
        # white on black; a one has least ink, a nought most, and a one is upright
        ink = [(digits.images[digits.labels == d] > 127).mean() for d in range(10)]
        assert (np.argmin(ink), np.argmax(ink)) == (1, 0)
        assert max(ink) < 0.3
        ones = digits.images[digits.labels == 1].mean(0)[..., 0]
        assert ones.sum(axis=0).std() > ones.sum(axis=1).std()

    def test_without_the_package(self, monkeypatch):
        monkeypatch.setattr(datasets, "package_file", lambda *_: None)
        with pytest.raises(ModuleNotFoundError, match=r"not here.*convnet-widgets\[lab\]"):
            cw.load_digits()

    def test_all_of_them_are_downloaded_once(self, keras_download, tmp_path):
        images, labels = np.arange(24, dtype="uint8").reshape(6, 2, 2), np.arange(6, dtype="uint8")
        np.savez(
            tmp_path / "mnist.npz",
            **{"x_train": images[:4], "y_train": labels[:4]},
            **{"x_test": images[4:], "y_test": labels[4:]},
        )
        handler = partial(QuietHandler, directory=tmp_path)
        with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
            keras_download(server.server_port)
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            digits = cw.load_digits(full=True)
            thread.join()
        for now in (digits, cw.load_digits(full=True)):
            np.testing.assert_array_equal(now.images[..., 0], images)
            assert now.labels.tolist() == [0, 1, 2, 3, 4, 5]
            assert "70,000" in now.source

    def test_all_of_them_without_a_network(self, keras_download):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            home = keras_download(free.getsockname()[1])
        with pytest.raises(ConnectionError, match=r"refused.*load_digits\(full=False\)"):
            cw.load_digits(full=True)
        assert not [path for path in home.rglob("*") if path.is_file()]


class TestFolder:
    def test_classes_are_the_sub_folders(self, folder):
        pets = cw.load_image_folder(folder, size=(4, 6))
        assert pets.names == ("cats", "dogs")
        assert pets.labels.tolist() == [0, 0, 1]
        assert pets.images.shape == (3, 4, 6, 3)
        centre = pets.images[:, 2, 3].astype(int)
        assert np.abs(centre - [(0, 200, 0), (200, 0, 0), (0, 0, 200)]).max() <= 2
        assert repr(pets) == "3 images of 2 classes, 4 × 6 × 3, from pets"

    def test_the_middle_is_cut_out(self, tmp_path):
        pixels = np.zeros((10, 30, 3), "uint8")
        pixels[:, 10:20] = 255
        (tmp_path / "a").mkdir()
        Image.fromarray(pixels).save(tmp_path / "a" / "wide.png")
        assert cw.load_image_folder(tmp_path, size=(10, 10)).images.min() == 255

    def test_no_more_of_a_class_than_asked_for(self, folder):
        assert cw.load_image_folder(folder, (4, 4), per_class=1).labels.tolist() == [0, 1]

    def test_a_folder_without_images(self, folder, tmp_path):
        (folder / "birds").mkdir()
        with pytest.raises(ValueError, match=r"birds has no images; every sub-folder of pets"):
            cw.load_image_folder(folder)
        (tmp_path / "bare").mkdir()
        with pytest.raises(ValueError, match="bare has no images and no sub-folders; put"):
            cw.load_image_folder(tmp_path / "bare")
        with pytest.raises(ValueError, match="cats has images and no sub-folders; put"):
            cw.load_image_folder(folder / "cats")

    def test_no_folder(self, folder):
        with pytest.raises(FileNotFoundError, match=r"there is no folder '.*nowhere'"):
            cw.load_image_folder(folder / "nowhere")
        with pytest.raises(NotADirectoryError, match=r"a\.JPG is a file; give a folder"):
            cw.load_image_folder(folder / "cats" / "a.JPG")

    def test_all_damaged_images_are_named(self, folder):
        (folder / "cats" / "c.jpg").write_bytes(b"")
        good = (folder / "dogs" / "1.png").read_bytes()
        (folder / "dogs" / "2.png").write_bytes(good[: len(good) // 2])
        with pytest.raises(ValueError, match=r"2 of 5 files.*c\.jpg: empty.*2\.png: truncated"):
            cw.load_image_folder(folder)

    @pytest.mark.parametrize("wrong", [{"size": (0, 4)}, {"per_class": 0}])
    def test_a_size_or_number_below_one(self, folder, wrong):
        with pytest.raises(ValueError, match="from 1 on"):
            cw.load_image_folder(folder, **wrong)


class TestSplit:
    def test_every_image_is_on_one_side_with_its_label(self):
        images = np.arange(30, dtype="uint8").reshape(30, 1, 1, 1)
        labels = np.repeat([0, 1, 2], [15, 10, 5])
        all_of_them = datasets.LabelledImages(images, labels, ("a", "b", "c"), "numbers")
        train, held_out = all_of_them.split(0.2, seed=4)
        assert np.bincount(held_out.labels).tolist() == [3, 2, 1]
        both = np.concatenate([train.images, held_out.images]).ravel()
        assert sorted(both) == list(range(30))
        for part in (train, held_out):
            np.testing.assert_array_equal(part.labels, labels[part.images.ravel()])
            assert part.labels.tolist() != sorted(part.labels)
            assert part.names == ("a", "b", "c")

    def test_no_class_comes_first_or_last(self):
        for part in cw.load_digits().split(0.2):
            assert len(np.unique(part.labels[:20])) > 5
            assert len(np.unique(part.labels[-20:])) > 5

    def test_the_seed_decides(self):
        digits = cw.load_digits()
        same = [digits.split(0.1, seed=1)[1].images for _ in range(2)]
        np.testing.assert_array_equal(*same)
        assert not np.array_equal(same[0], digits.split(0.1, seed=2)[1].images)

    @pytest.mark.parametrize("share", [0.0, 1.0, 0.01, 1.5, -1.0])
    def test_no_class_is_left_empty(self, share):
        images = np.zeros((4, 1, 1, 1), "uint8")
        two = datasets.LabelledImages(images, np.array([0, 0, 1, 1]), ("cat", "dog"), "")
        with pytest.raises(ValueError, match=r"of the 2 images of 'cat'; at least one"):
            two.split(share)
