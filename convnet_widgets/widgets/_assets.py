"""Modules and style sheets of ``static/`` as the self-contained texts a front end takes.

A front end is handed one ES module and one style sheet per widget, as text.
The files here import from each other as usual; the imports are written in
place, each file once, so that a saved page needs nothing but that text.
"""

import re
from pathlib import Path

STATIC = Path(__file__).parent / "static"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
_DEFAULT = re.compile(r"^export default .*;\n", re.MULTILINE)


def module(name: str) -> str:
    """Text of the ES module `name`, the modules it imports written in before it.

    Parameters
    ----------
    name : str
        A file of ``static/``. Names at the top level are unique over all files.

    Returns
    -------
    str
        A module without imports whose default export is that of `name`.
    """
    *imported, last = _with_imports(name, {}).values()
    return "\n".join([*(_DEFAULT.sub("", text) for text in imported), last])


def style(*names: str) -> str:
    """Text of the shared style sheet followed by those of `names`."""
    return "\n".join((STATIC / name).read_text("utf-8") for name in ("base.css", *names))


def _with_imports(name: str, done: dict[str, str]) -> dict[str, str]:
    text = (STATIC / name).read_text("utf-8")
    for dependency in _IMPORT.findall(text):
        if dependency not in done:
            _with_imports(dependency, done)
    done[name] = _IMPORT.sub("", text)
    return done
