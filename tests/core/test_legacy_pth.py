import os
import pickle
import struct
from collections import OrderedDict

import numpy as np
import pytest

from convnet_widgets.core.pretrained.legacy_pth import UnsafeWeightsError, read_legacy_pth

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
SYSTEM = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": {"long": 4}}


class Name:
    """Pickles as a name of a module that need not be there."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Storage:
    def __init__(self, kind, key, count):
        self.pid = ("storage", Name("torch", kind), key, "cpu", count, None)


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())


class Runs:
    """Unpickling runs a command."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


class Alters:
    """Unpickling sets attributes of a function that the file may name."""


class Pickler(pickle._Pickler):
    """Writes what torch.save writes, without torch."""

    def save(self, value, save_persistent_id=True):
        if isinstance(value, Name):
            self.write(b"c" + f"{value.module}\n{value.name}\n".encode())
        elif isinstance(value, Tensor):
            self.save(Name("torch._utils", "_rebuild_tensor_v2"))
            self.save(value.arguments)
            self.write(b"R")
        elif isinstance(value, Alters):
            self.save(Name("torch._utils", "_rebuild_tensor_v2"))
            self.save((None, {"__code__": None, "__defaults__": (1, 2)}))
            self.write(b"b")
        else:
            super().save(value, save_persistent_id)

    def persistent_id(self, value):
        return value.pid if isinstance(value, Storage) else None


def write(path, state, storages, magic=MAGIC, protocol=PROTOCOL, system=SYSTEM, keys=None):
    with path.open("wb") as file:
        for value in (magic, protocol, system, state, keys or list(storages)):
            Pickler(file, 2).dump(value)
        for array in storages.values():
            file.write(struct.pack("<q", array.size) + array.tobytes())
    return path


FLOATS, LONGS = np.arange(12, dtype="<f4"), np.array([42], "<i8")
STORAGES = {"a": FLOATS, "b": LONGS}


def state(**extra):
    return OrderedDict(
        weight=Tensor(Storage("FloatStorage", "a", 12), 0, (3, 4), (4, 1)),
        strided=Tensor(Storage("FloatStorage", "a", 12), 1, (2, 3), (1, 4)),
        count=Tensor(Storage("LongStorage", "b", 1), 0, (), ()),
        **extra,
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.pth"


def test_reads_offset_and_strides(path):
    arrays = read_legacy_pth(write(path, state(), STORAGES))
    assert list(arrays) == ["weight", "strided", "count"]
    np.testing.assert_array_equal(arrays["weight"], FLOATS.reshape(3, 4))
    np.testing.assert_array_equal(arrays["strided"], [[1, 5, 9], [2, 6, 10]])
    assert arrays["count"] == 42
    assert [a.dtype for a in arrays.values()] == ["float32", "float32", "int64"]


@pytest.mark.parametrize("where", ["magic", "protocol", "system", "state", "keys"])
def test_code_is_refused_and_not_run(path, tmp_path, where):
    traces = tmp_path / "was here"
    runs = Runs(traces)
    hidden = {"state": state(evil=runs), "keys": ["a", "b", runs]}.get(where, runs)
    with pytest.raises(UnsafeWeightsError, match=r"weights\.pth: asks for (posix|nt)\.system"):
        read_legacy_pth(write(path, **{"state": state(), "storages": STORAGES, where: hidden}))
    assert not traces.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("torch", "load"),
        ("torch", "HalfStorage"),
        ("collections", "namedtuple"),
        ("torch._utils", "_rebuild_tensor_v2.__globals__"),
    ],
)
def test_every_other_name_is_refused(path, module, name):
    with pytest.raises(UnsafeWeightsError, match="no part of plain weights"):
        read_legacy_pth(write(path, state(other=Name(module, name)), STORAGES))


def test_other_persistent_objects_are_refused(path):
    other = Storage("FloatStorage", "a", 12)
    other.pid = ("module", "FloatStorage", "a")
    with pytest.raises(UnsafeWeightsError, match="object of unknown kind"):
        read_legacy_pth(write(path, state(other=other), STORAGES))


def test_altered_functions_leave_nothing_behind(path):
    with pytest.raises(ValueError, match=r"weights\.pth"):
        read_legacy_pth(write(path, state(other=Alters()), STORAGES))
    arrays = read_legacy_pth(write(path, state(), STORAGES))
    np.testing.assert_array_equal(arrays["weight"], FLOATS.reshape(3, 4))


def test_truncated_anywhere(path):
    whole = write(path, state(), STORAGES).read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"weights\.pth"):
            read_legacy_pth(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a zip", b"garbage", bytes(range(256)) * 4])
def test_garbage(path, data):
    path.write_bytes(data)
    with pytest.raises(ValueError, match="not weights in PyTorch's legacy format"):
        read_legacy_pth(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"magic": 7},
        {"protocol": 1002},
        {"system": {**SYSTEM, "little_endian": False}},
        {"state": [1, 2]},
        {"state": {"a": 1}},
        {"keys": ["a", "b", "c"]},
        {"keys": 3},
    ],
)
def test_another_layout(path, wrong):
    with pytest.raises(ValueError, match="not weights in PyTorch's legacy format"):
        read_legacy_pth(write(path, **{"state": state(), "storages": STORAGES, **wrong}))


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (13,), (1,)),
        (1, (3, 4), (4, 1)),
        (-1, (2,), (1,)),
        (11, (2,), (-1,)),
        (0, (3, 4), (4,)),
        (0, (2, 2), (2**40, 1)),
    ],
)
def test_tensors_stay_within_their_values(path, offset, shape, strides):
    out = Tensor(Storage("FloatStorage", "a", 12), offset, shape, strides)
    with pytest.raises(ValueError, match="'out' reaches beyond its values"):
        read_legacy_pth(write(path, state(out=out), STORAGES))


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_legacy_pth(tmp_path / "none.pth")
