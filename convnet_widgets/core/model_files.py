"""Whole models from files, running none of the code that a file may hold."""

from pathlib import Path

import keras

SUFFIXES = (".keras", ".h5", ".hdf5")


def is_file_name(name: str) -> bool:
    """Whether `name` means a file or folder, not a constructor."""
    return name.endswith(SUFFIXES) or Path(name).name != name or Path(name).exists()


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
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise ValueError(
            f"{path.name}: no model that can be loaded without running code from the file "
            f"({error}). Weights alone go to load_model(NAME, weights=...); a model with code that "
            "you trust is loaded by Keras and wrapped in a VisionModel"
        ) from error
    if not isinstance(model, keras.Model):
        raise ValueError(f"{path.name}: holds a {type(model).__name__}, not a model")
    return model
