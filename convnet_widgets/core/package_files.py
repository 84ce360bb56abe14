"""Files inside installed packages, found without importing the packages."""

from importlib.util import find_spec
from pathlib import Path


def package_file(package: str, pattern: str) -> Path | None:
    """Find the file `pattern` (a glob) in `package`; None if either is missing.

    The package is not imported: its code is not ours to run.
    """
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    found = (path for folder in folders or () for path in sorted(Path(folder).glob(pattern)))
    return next(found, None)
