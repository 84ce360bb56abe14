"""PyTorch's file format before the zip one, read without PyTorch and without running anything.

A file is a row of pickles (a magic number, the protocol, the sizes of C types,
the object, the keys of its storages) and then, in the order of these keys, each
storage as an int64 count and its raw values. In the object's pickle a tensor is
a call that names its storage, offset, shape and strides.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}

# (storage key, dtype, offset, shape, strides): a tensor whose values come later in the file.
_Reference = tuple[str, str, int, tuple[int, ...], tuple[int, ...]]


class UnsafeWeightsError(ValueError):
    """A weights file asks for code to be run, or is not what it claims to be."""


def read_legacy_pth(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a ``.pth`` file in PyTorch's legacy format.

    Parameters
    ----------
    path : Path
        A state dictionary saved by ``torch.save``, of float32 and int64
        tensors.

    Returns
    -------
    dict of str to ndarray
        Arrays by name, in PyTorch's own axis order.

    Raises
    ------
    UnsafeWeightsError
        If the file names anything but ordered dictionaries and tensors. Nothing
        that it names has been run.
    ValueError
        If it is not such a file, or is truncated.
    OSError
        If it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            references = _read_header(file)
            storages = _read_storages(file, {key: dtype for key, dtype, *_ in references.values()})
    except UnsafeWeightsError as error:
        raise UnsafeWeightsError(f"{path.name}: {error}") from None
    except OSError:
        raise
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to mean
        raise ValueError(
            f"{path.name}: truncated, or not weights in PyTorch's legacy format ({error})"
        ) from error
    return {name: _view(storages, name, reference) for name, reference in references.items()}


class _Unpickler(pickle.Unpickler):
    """Knows the names of which a state dictionary is made; every other is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _new_reference()
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise UnsafeWeightsError(
            f"asks for {module}.{name}, which is no part of plain weights; it was not run. "
            "Do not use the file unless you know where it is from"
        )

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        kind, dtype, key, *_ = pid
        if kind != "storage" or dtype not in _DTYPES.values() or not isinstance(key, str):
            raise UnsafeWeightsError(f"names an object of unknown kind: {pid!r:.80}")
        return key, dtype


def _new_reference() -> Callable[..., _Reference]:
    # A new function for each file: a pickle may set attributes of what it is given.
    def reference(
        storage: Any, offset: Any, shape: Any, strides: Any, *_gradient: Any
    ) -> _Reference:
        key, dtype = storage
        return key, dtype, int(offset), tuple(map(int, shape)), tuple(map(int, strides))

    return reference


def _read_header(file: BinaryIO) -> dict[str, _Reference]:
    if _Unpickler(file).load() != _MAGIC_NUMBER or _Unpickler(file).load() != _PROTOCOL:
        raise ValueError("another magic number or protocol")
    if not _Unpickler(file).load()["little_endian"]:
        raise ValueError("written by a big-endian machine")
    state = _Unpickler(file).load()
    if not all(
        isinstance(n, str) and isinstance(r, tuple) and len(r) == 5 for n, r in state.items()
    ):
        raise ValueError("not a dictionary of tensors by name")
    return dict(state)


def _read_storages(file: BinaryIO, dtypes: dict[str, str]) -> dict[str, np.ndarray]:
    return {key: _read_storage(file, dtypes[key]) for key in _Unpickler(file).load()}


def _read_storage(file: BinaryIO, dtype: str) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little", signed=True)
    values = (
        np.frombuffer(file.read(count * np.dtype(dtype).itemsize), dtype) if count > 0 else None
    )
    if values is None or values.size != count:
        raise ValueError(f"a storage of {count} values is not all there")
    return values


def _view(storages: dict[str, np.ndarray], name: str, reference: _Reference) -> np.ndarray:
    key, _, offset, shape, strides = reference
    storage = storages.get(key, np.empty(0))
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=False))
    inside = len(shape) == len(strides) and min((offset, *strides, *(n - 1 for n in shape))) >= 0
    if not inside or last >= storage.size:
        raise ValueError(f"the tensor {name!r} reaches beyond its values; the file is damaged")
    item = storage.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage[offset:], shape, [step * item for step in strides], writeable=False
    )
    return view.copy()
