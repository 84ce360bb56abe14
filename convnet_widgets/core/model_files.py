"""Whole models from files, running none of the code that a file may hold."""

import zipfile
from pathlib import Path

import h5py
import keras

SUFFIXES = (".keras", ".h5", ".hdf5")
_LONGEST_REASON = 160  # characters; Keras lists every weight that does not fit


def is_file_name(name: str) -> bool:
    """Whether `name` means a file or folder, not a constructor."""
    return name.endswith(SUFFIXES) or Path(name).name != name or Path(name).exists()


def is_keras_format(path: Path) -> bool:
    """Whether a file is in a format that Keras writes, whatever its name."""
    return zipfile.is_zipfile(path) or h5py.is_hdf5(path)


def short_reason(error: Exception) -> str:
    """The beginning of an error of Keras in one line, to stand in a sentence."""
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON].rstrip() + " …"


def read_model(path: Path) -> keras.Model:
    """Read a model that ``model.save`` wrote.

    Parameters
    ----------
    path : Path
        A ``.keras`` file, or one in Keras's older format ``.h5``.

    Returns
    -------
    keras.Model
        Not compiled.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file, or it is a folder.
    ValueError
        If the file holds no model, or a part that is Python code.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; save the model as a .keras file")
    if not path.exists():
        raise FileNotFoundError(f"there is no model file {str(path)!r}")
    if not is_keras_format(path):
        raise ValueError(
            f"{path.name}: no model that can be loaded: neither the archive that Keras writes nor "
            'HDF5; model.save("name.keras") writes one'
        )
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise ValueError(
            f"{path.name}: no model that can be loaded without running code from the file "
            f"({short_reason(error)}). Weights alone go to load_model(NAME, weights=...); a model "
            "with code that you trust is loaded by Keras and wrapped in a VisionModel"
        ) from error
    if not isinstance(model, keras.Model):
        raise ValueError(f"{path.name}: holds a {type(model).__name__}, not a model")
    return model
