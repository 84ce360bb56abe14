"""What the metadata, the README and the stub promise is what there is."""

import ast
import re
import shlex
import sys
import tomllib
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import keras
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "convnet_widgets"
README = (ROOT / "README.md").read_text("utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]

# matplotlib loads the one for %matplotlib widget, anywidget the other, of which 8.1 is needed
NOT_IMPORTED = {"ipympl", "ipywidgets"}


def imported_modules(path):
    """Top-level names of the absolute imports anywhere in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def required(requirements):
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def test_dependencies_are_what_the_package_imports():
    modules = {name for path in PACKAGE.rglob("*.py") for name in imported_modules(path)}
    foreign = modules - set(sys.stdlib_module_names) - {PACKAGE.name}
    distributions = packages_distributions()
    imported = {canonicalize_name(distributions[name][0]) for name in foreign}
    assert required(PROJECT["dependencies"]) == imported | NOT_IMPORTED


def test_every_extra_holds_the_smaller_one():
    extras = PROJECT["optional-dependencies"]
    for extra, smaller in (("test", "lab"), ("bench", "test"), ("oracle", "test"), ("dev", "test")):
        (own,) = (one for one in map(Requirement, extras[extra]) if one.name == PROJECT["name"])
        assert own.extras == {smaller}


def test_every_data_file_is_declared():
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"][PACKAGE.name]
    files = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if path.is_file())
    data = {str(path) for path in files if path.suffix not in (".py", ".pyc")}
    assert {"widgets/static/map_grid.js", "rendering/notebook.mplstyle"} <= data
    assert [name for name in data if not any(fnmatch(name, one) for one in patterns)] == []


def test_every_subpackage_is_a_package():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [folder.name for folder in folders if not (folder / "__init__.py").exists()] == []


def commands():
    """The README's lines that set up an environment, each below a comment that names it."""
    found = dict(re.findall(r"<!-- (\w+) command -->\n```sh\n(.*)\n```", README))
    return [found["quickstart"], found["test"]]


@pytest.mark.parametrize("command", commands(), ids=["quickstart", "test"])
class TestCommand:
    def test_installs_extras_that_exist(self, command):
        (extras,) = re.findall(r'"\.\[(.*?)\]"', command)
        assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])

    def test_names_files_that_exist(self, command):
        words = [word for word in shlex.split(command) if "/" in word and ".venv" not in word]
        assert [word for word in words if not (ROOT / word).is_file()] == []

    def test_stays_in_its_own_environment(self, command):
        first, *others = command.split(" && ")
        assert first == "python3 -m venv .venv"
        assert all(other.startswith(".venv/bin/") for other in others)


def test_readme_links_and_pictures_exist():
    targets = re.findall(r'(?:\]\(|src="|srcset=")([^)"#]+)', README)
    local = [target for target in targets if not target.startswith("https://")]
    assert [target for target in local if not (ROOT / target).exists()] == []
    assert any(target.endswith(".webp") for target in local)


def test_readme_has_a_row_for_every_notebook():
    row = re.compile(r"^\| \[(\w+)\]\(notebooks/(\w+)\.ipynb\) \|.*\| .+ \|$", re.MULTILINE)
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert row.findall(README) == [(name, name) for name in notebooks]


def test_readme_launches_a_notebook_that_exists():
    target = re.compile(r"\(https://mybinder\.org/v2/gh/([^?)]+)/HEAD\?urlpath=lab/tree/([^)]+)\)")
    ((repository, notebook),) = target.findall(README)
    assert repository.split("/")[1] == PROJECT["name"]
    assert (ROOT / notebook).is_file()
    assert (ROOT / "binder").is_dir()


def test_readme_examples_run(tmp_path, monkeypatch):
    panels, heat = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert max(len(example.splitlines()) for example in (panels, heat)) <= 11
    # what is nowhere negative speaks for every class, so that no heatmap is empty
    speaks = {"kernel_initializer": keras.initializers.RandomUniform(0, 1e-3, seed=0)}
    layers = [keras.Input((32, 32, 3)), keras.layers.Conv2D(4, 3, name="conv", **speaks)]
    layers += [keras.layers.Flatten(), keras.layers.Dense(2, "softmax", **speaks)]
    keras.Sequential(layers).save(tmp_path / "my_model.keras")
    Image.linear_gradient("L").save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(panels, names)
    maps, filters, patterns = names["maps"], names["filters"], names["patterns"]
    for viewer in (maps, filters, patterns, names["heatmaps"]):
        viewer.wait()
        assert viewer.error == ""
    assert (maps.channels, filters.filters, len(patterns.patterns)) == (4, 4, 4)
    exec(heat, names)
    assert (names["heatmap"].target.label, names["heatmap"].layer) == ("dog", "conv")
    assert names["heatmap"].resized().shape == names["image"].shape[:2]


def test_readme_states_the_oldest_versions_that_are_accepted():
    oldest = {Requirement(text).name: Requirement(text) for text in PROJECT["dependencies"]}
    for name, title in (("keras", "Keras"), ("tensorflow", "TensorFlow")):
        (specifier,) = oldest[name].specifier
        assert f"{title} {specifier.version}" in README
    assert f"Python {PROJECT['requires-python'].removeprefix('>=')}" in README


def test_changelog_has_a_section_for_what_is_to_come():
    sections = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert sections[0] == "Unreleased" or sections[0].startswith(PROJECT["version"])
