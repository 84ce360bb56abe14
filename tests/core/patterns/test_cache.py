"""Entries come back as they were, or not at all, whatever the disk and its files are like."""

import errno
import os
import subprocess
import sys
import warnings
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from convnet_widgets.core.patterns import cache as module
from convnet_widgets.core.patterns.cache import Cache, CacheWarning, as_cache, default_folder

SHARES = 16  # folders among which the limit is divided


def entry_of(number, side=8):
    image = np.random.default_rng(number).random((side, side, 3), "float32")
    return {"image": image, "activation": np.float32(number), "status": np.str_("ok")}


def assert_same(got, wanted):
    assert sorted(got) == sorted(wanted)
    for name, array in wanted.items():
        assert got[name].dtype == array.dtype
        np.testing.assert_array_equal(got[name], array)


def files_of(cache):
    return sorted(path for path in cache.folder.rglob("*") if path.is_file())


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "patterns")


@pytest.fixture
def kept(cache):
    """A cache of one entry, under the key "a", and the entry's file."""
    cache.put("a", entry_of(1))
    (path,) = files_of(cache)
    return cache, path


def test_comes_back_as_it_was(cache):
    assert cache.get("a") is None
    cache.put("a", entry_of(1))
    cache.put("b", entry_of(2))
    assert_same(cache.get("a"), entry_of(1))
    assert_same(cache.get("b"), entry_of(2))
    assert cache.get("c") is None


def test_the_later_entry_of_a_key_stays(kept):
    cache, path = kept
    cache.put("a", entry_of(2))
    assert_same(cache.get("a"), entry_of(2))
    assert files_of(cache) == [path]


def test_the_default_folder_is_the_platforms(cache_home, monkeypatch, tmp_path):
    assert default_folder() == cache_home / "convnet_widgets" / "patterns"
    Cache().put("a", entry_of(1))
    assert_same(Cache().get("a"), entry_of(1))
    assert files_of(Cache(cache_home)) == files_of(Cache())
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    if sys.platform == "linux":
        assert default_folder() == tmp_path / ".cache" / "convnet_widgets" / "patterns"
    assert list(tmp_path.iterdir()) == []


# What is not as it was written


def test_a_file_cut_anywhere_is_no_entry_and_is_removed(kept):
    cache, path = kept
    whole = path.read_bytes()
    for length in [*range(0, len(whole), 29), len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert cache.get("a") is None
        assert not path.exists()


def test_a_changed_bit_is_found(kept):
    cache, path = kept
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        assert cache.get("a") is None
    path.write_bytes(whole)
    assert_same(cache.get("a"), entry_of(1))


class Bomb:
    """Its unpickling would leave a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def npz(**arrays):
    buffer = BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def npy(array):
    buffer = BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def sealed(data, key="a"):
    """As the cache would write it, so that what reads the arrays is met too."""
    return data + sha256(f"{key}\n".encode() + data).digest()


@pytest.mark.parametrize(
    "data",
    [
        b"<html>no pattern</html>",
        os.urandom(5000),
        npy(np.zeros(3)),
        npz(image=np.zeros(3)),
        sealed(npz(image=np.zeros(3)), "another"),
        sealed(npy(np.zeros(3))),
        sealed(b"no arrays"),
    ],
    ids=["text", "noise", "array", "no seal", "another key", "sealed array", "sealed text"],
)
def test_what_something_else_wrote_is_no_entry_and_is_replaced(data, kept):
    cache, path = kept
    path.write_bytes(data)
    assert cache.get("a") is None
    cache.put("a", entry_of(3))
    assert_same(cache.get("a"), entry_of(3))


def test_a_pickle_is_not_run(kept, tmp_path):
    cache, path = kept
    objects = np.empty(1, object)
    objects[0] = Bomb(tmp_path / "ran")
    for data in (npz(image=objects), npy(objects)):
        path.write_bytes(sealed(data))
        assert cache.get("a") is None
        assert not path.exists()
    assert not (tmp_path / "ran").exists()


def test_objects_are_refused(cache):
    with pytest.raises(TypeError, match=r"objects in \['status'\]"):
        cache.put("a", {"status": np.array([None])})
    assert files_of(cache) == []


# The state of the disk


def fail(number):
    def failing(*_, **__):
        raise OSError(number, os.strerror(number))

    return failing


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
@pytest.mark.parametrize("call", ["tempfile.mkstemp", "os.fdopen", "os.scandir", "Path.replace"])
def test_a_disk_that_takes_nothing_is_told_of_once(call, number, kept, monkeypatch):
    cache, _ = kept
    owner, name = call.split(".")
    monkeypatch.setattr(getattr(module, owner), name, fail(number))
    with pytest.warns(CacheWarning) as caught:
        cache.put("b", entry_of(2))
    cache.put("c", entry_of(3))  # where a second warning would be an error
    (warning,) = caught
    text = str(warning.message)
    assert text.count(str(cache.folder)) == text.count(os.strerror(number)) == 1
    assert "cache=False" in text
    assert_same(cache.get("a"), entry_of(1))


def test_a_disk_that_fills_up_in_mid_file_keeps_no_part_of_it(kept, monkeypatch):
    cache, path = kept
    original = os.fdopen

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            self.file.write(data[:100])
            fail(errno.ENOSPC)()

    monkeypatch.setattr(module.os, "fdopen", lambda *given: Full(original(*given)))
    with pytest.warns(CacheWarning, match="No space left"):
        cache.put("a", entry_of(2))
    assert files_of(cache) == [path]
    assert_same(cache.get("a"), entry_of(1))


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "patterns")
    assert cache.get("a") is None
    with pytest.warns(CacheWarning, match=f"{cache.folder} cannot be written to"):
        cache.put("a", entry_of(1))
    assert cache.get("a") is None


READ_ONLY = """
import os, sys, warnings
from pathlib import Path
import numpy as np
from convnet_widgets.core.patterns.cache import Cache
warnings.simplefilter("always")
cache, elsewhere = (Cache(Path(folder)) for folder in sys.argv[1:])
entry = {"image": np.zeros(3)}
elsewhere.put("a", entry)  # all modules are read
elsewhere.get("a")
if os.getuid() == 0:
    os.seteuid(65534)  # the superuser may write anywhere
for key in "bcd":
    cache.put(key, entry)
    assert cache.get(key) is None
print(float(cache.get("a")["activation"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders there are not read-only")
def test_a_folder_that_may_only_be_read_is_read(tmp_path):
    with TemporaryDirectory() as folder:  # tmp_path is for its owner alone
        cache = Cache(Path(folder))
        cache.put("a", entry_of(1))
        (path,) = files_of(cache)
        path.chmod(0o444)
        for one in path.parents[:2]:
            one.chmod(0o555)
        run = [sys.executable, "-c", READ_ONLY, folder, str(tmp_path)]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        for one in path.parents[:2]:
            one.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1.0\n"
    assert done.stderr.count("CacheWarning") == 1
    assert "Permission denied" in done.stderr


def test_a_warning_made_an_error_still_leaves_what_is_there(kept, monkeypatch):
    cache, _ = kept
    monkeypatch.setattr(module.tempfile, "mkstemp", fail(errno.ENOSPC))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CacheWarning):
            cache.put("b", entry_of(2))
    assert_same(cache.get("a"), entry_of(1))


# The limit


def keys_of_one_folder(cache, count):
    numbers = map(str, range(1000))
    folder = cache._path("0").parent
    alike = (key for key in numbers if cache._path(key).parent == folder)
    return [next(alike) for _ in range(count)]


def test_what_was_used_longest_ago_goes(tmp_path):
    size = files_size(tmp_path / "one", entry_of(0))
    cache = Cache(tmp_path / "patterns", limit=SHARES * (3 * size + size // 2))
    keys = keys_of_one_folder(cache, 5)
    for number, key in enumerate(keys[:3]):
        cache.put(key, entry_of(number))
        os.utime(cache._path(key), (number, number))
    cache.get(keys[0])
    cache.put(keys[3], entry_of(3))
    assert [cache.get(key) is not None for key in keys] == [True, False, True, True, False]
    cache.put(keys[3], entry_of(5))
    assert_same(cache.get(keys[0]), entry_of(0))


def files_size(folder, entry):
    cache = Cache(folder)
    cache.put("0", entry)
    return sum(path.stat().st_size for path in files_of(cache))


def test_the_limit_holds_after_each_entry(tmp_path):
    cache = Cache(tmp_path / "patterns", limit=100_000)
    for number in range(200):
        cache.put(str(number), entry_of(number, side=8 + number % 7))
        assert sum(path.stat().st_size for path in files_of(cache)) <= cache.limit
    assert cache.get("199") is not None
    assert sum(path.stat().st_size for path in files_of(cache)) > 50_000


def test_what_is_too_large_displaces_nothing(tmp_path):
    cache = Cache(tmp_path / "patterns", limit=100_000)
    first, second = keys_of_one_folder(cache, 2)
    cache.put(first, entry_of(1))
    cache.put(second, entry_of(2, side=64))
    assert cache.get(second) is None
    assert_same(cache.get(first), entry_of(1))


def test_what_a_killed_process_left_goes_with_the_rest(tmp_path):
    cache = Cache(tmp_path / "patterns", limit=100_000)
    first, second = keys_of_one_folder(cache, 2)
    cache.put(first, entry_of(1))
    left = cache._path(first).parent / "tmpleft"
    left.write_bytes(bytes(5000))
    os.utime(left, (1, 1))
    cache.put(second, entry_of(2))
    assert not left.exists()
    assert cache.get(first) is not None


# Several at once


def test_another_process_may_sweep_away_what_is_being_written(kept, monkeypatch):
    cache, _ = kept
    replace = Path.replace

    def swept(path, target):
        path.unlink()
        replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", swept)
        cache.put("b", entry_of(2))  # a warning would be an error
    assert cache.get("b") is None
    assert_same(cache.get("a"), entry_of(1))
    cache.put("b", entry_of(2))
    assert_same(cache.get("b"), entry_of(2))


WRITER = """
import sys
from pathlib import Path
import numpy as np
from convnet_widgets.core.patterns.cache import Cache

cache, number = Cache(Path(sys.argv[1]), limit=int(sys.argv[2])), int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for turn in range(150):
    key = str(turn % 40)
    cache.put(key, {"image": np.full((16, 16), number), "half": np.full(500, number)})
    entry = cache.get(key)
    if entry is not None:
        assert entry["image"].shape == (16, 16) and entry["half"].shape == (500,)
        assert np.all(entry["image"] == entry["half"][0]) and np.ptp(entry["half"]) == 0
        assert entry["half"][0] in (1, 2)
"""


@pytest.mark.parametrize("limit", [10_000_000, 16 * 16_000], ids=["room", "no room for all"])
def test_two_processes_may_write_the_same_keys_at_once(tmp_path, limit):
    writers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WRITER, str(tmp_path), str(limit), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0]
    cache = Cache(tmp_path)
    files = files_of(cache)
    assert all(path.suffix == ".npz" for path in files)
    assert sum(path.stat().st_size for path in files) <= limit
    assert len(files) == 40 or limit < 10_000_000


def test_what_people_say_of_a_cache(tmp_path):
    other = Cache(tmp_path, 1)
    assert as_cache(True) == Cache()
    assert as_cache(False) is as_cache(None) is None
    assert as_cache(other) is other
    assert as_cache(tmp_path) == as_cache(str(tmp_path)) == Cache(tmp_path)
    with pytest.raises(TypeError, match="a Cache, or the path of its folder; got 1.5"):
        as_cache(1.5)
