"""Patterns kept on disk, so that asking again costs no ascent.

A file for each pattern, an NPZ with a checksum behind it. Files appear whole, by a rename, which
needs no lock between processes and holds on network drives, where databases like those of
diskcache do not; and nothing that is read can run code.
"""

import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

LIMIT = 512 * 2**20
"""Bytes that the files of a cache may take together."""
_FOLDERS = "0123456789abcdef"  # a file's folder is the first digit of its name
_CHECKSUM = 32  # bytes

_warned: set[Path] = set()


class CacheWarning(UserWarning):
    """Patterns could not be kept on disk; they were computed all the same."""


def default_folder() -> Path:
    """Return ``convnet_widgets/patterns`` in the platform's folder for caches.

    On Linux that is below ``$XDG_CACHE_HOME`` or ``~/.cache``. Nothing is made.
    """
    return platformdirs.user_cache_path("convnet_widgets", appauthor=False) / "patterns"


@dataclass(frozen=True)
class Cache:
    """Arrays by key, in files, of which those used longest ago go where they are too many.

    Threads and processes may share a folder. No method raises for the state of the disk or of
    the files.

    Parameters
    ----------
    folder : Path
        Made when something is kept. The platform's folder for caches by default.
    limit : int
        Bytes of all files together. Each of sixteen folders has its share, and what is larger
        than a share is not kept.

    Examples
    --------
    >>> cache = Cache()
    >>> keys = pattern_keys(network_digest(net), "block3_conv1", [7], recipe, size=64, ...)
    >>> entry = {"image": image, "activation": np.float32(41.5), "status": np.str_("ok")}
    >>> cache.put(keys[7], entry)
    >>> entry = cache.get(keys[7])  # None, or a dict of the same arrays
    """

    folder: Path = field(default_factory=default_folder)
    limit: int = LIMIT

    def get(self, key: str) -> dict[str, np.ndarray] | None:
        """Return the arrays kept under `key`, None if there are none.

        A file that is damaged or holds something else is removed.

        Parameters
        ----------
        key : str
            As `pattern_keys` gives it.

        Returns
        -------
        dict of ndarray, or None
            As they were put; scalars come back as arrays of shape ().
        """
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        entry = _unpacked(data, key)
        with suppress(OSError):
            if entry is None:
                path.unlink()
            else:
                os.utime(path)  # used now
        return entry

    def put(self, key: str, entry: Mapping[str, np.ndarray | np.generic]) -> None:
        """Keep the arrays of `entry` under `key`, in place of what was there.

        Parameters
        ----------
        key : str
            As `pattern_keys` gives it.
        entry : mapping of str to ndarray
            Arrays or NumPy scalars of numbers or text.

        Raises
        ------
        TypeError
            If an array holds Python objects, which only pickle could store.

        Warns
        -----
        CacheWarning
            Once for a folder, if nothing can be written there.
        """
        data, path = _packed(key, entry), self._path(key)
        share = self.limit // len(_FOLDERS)
        if len(data) > share:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
            _sweep(path.parent, share)
        except OSError as error:
            self._warn(error)

    def _path(self, key: str) -> Path:
        name = sha256(key.encode()).hexdigest()
        return self.folder / name[0] / f"{name}.npz"

    def _warn(self, error: OSError) -> None:
        if self.folder in _warned:
            return
        _warned.add(self.folder)
        warnings.warn(
            f"patterns are not kept, since {self.folder} cannot be written to "
            f"({error.strerror or error}); make room or give access there, or say cache=False",
            CacheWarning,
            stacklevel=3,
        )


AnyCache = bool | Cache | str | os.PathLike[str]
"""What people say of a cache: whether there is one, which one, or its folder."""


def as_cache(cache: Any) -> Cache | None:
    """Return the cache that is meant; None for none.

    Raises
    ------
    TypeError
        If it is neither True, False, a `Cache`, nor a path.
    """
    match cache:
        case None | False:
            return None
        case True:
            return Cache()
        case Cache():
            return cache
        case str() | os.PathLike():
            return Cache(Path(cache))
    raise TypeError(f"cache is True, False, a Cache, or the path of its folder; got {cache!r:.60}")


def _packed(key: str, entry: Mapping[str, np.ndarray | np.generic]) -> bytes:
    objects = [name for name, array in entry.items() if array.dtype.hasobject]
    if objects:
        raise TypeError(f"expected arrays of numbers or text, got objects in {objects}")
    buffer = BytesIO()
    np.savez(buffer, **entry)  # type: ignore[arg-type]
    return buffer.getvalue() + _checksum(key, buffer.getvalue())


def _unpacked(data: bytes, key: str) -> dict[str, np.ndarray] | None:
    arrays, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    if checksum != _checksum(key, arrays):
        return None
    try:
        with np.load(BytesIO(arrays), allow_pickle=False) as file:
            return dict(file)
    except Exception:  # a file made by someone else may hold anything, and NumPy raises anything
        return None


def _checksum(key: str, arrays: bytes) -> bytes:
    return sha256(key.encode() + b"\n" + arrays).digest()


def _write(path: Path, data: bytes) -> None:
    """Make the file appear as a whole, or leave nothing behind."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        with suppress(FileNotFoundError):  # another process swept it away
            Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sweep(folder: Path, limit: int) -> None:
    """Remove the files of `folder` used longest ago until the others take at most `limit`."""
    files = list(_statuses(folder))
    size = sum(status.st_size for status, _ in files)
    for status, path in sorted(files, key=lambda file: file[0].st_mtime_ns):
        if size <= limit:
            return
        Path(path).unlink(missing_ok=True)
        size -= status.st_size


def _statuses(folder: Path) -> Iterator[tuple[os.stat_result, str]]:
    with os.scandir(folder) as found:
        for file in found:
            with suppress(FileNotFoundError):  # another process sweeps too
                if file.is_file():
                    yield file.stat(), file.path
