"""A real JupyterLab for the tests: a private server, and notebooks run in a browser.

Nothing of the person's own Jupyter is read or written: configuration, data, settings and
workspaces lie in a folder of the test.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import nbformat

LAUNCHER = (sys.executable, "-m", "jupyterlab")
START = 60  # seconds that a server or a kernel may take on a busy machine
PRIVATE = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
}
SETTINGS = {
    "notification": {"fetchNews": "false", "checkForUpdates": False},
    "themes": {"theme": "JupyterLab Light"},
}

# The state of the notebook's session and cells, as far as a test waits for it.
_STATE = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const kernel = panel?.sessionContext?.session?.kernel;
  const cells = [...(panel?.content?.model?.cells ?? [])].filter(({ type }) => type === "code");
  const errors = cells.flatMap(({ outputs }) => outputs.toJSON())
    .filter(({ output_type }) => output_type === "error");
  return {
    connected: kernel?.connectionStatus === "connected",
    idle: kernel?.status === "idle",
    cells: cells.length,
    ran: cells.filter(({ executionCount }) => executionCount !== null).length,
    errors: errors.map(({ ename, evalue }) => `${ename}: ${evalue}`),
  };
}"""
_ASK = """async ([expression, code]) => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const asked = { code, user_expressions: { value: expression }, store_history: false };
  const { content } = await kernel.requestExecute(asked).done;
  const text = content.user_expressions?.value?.data?.["text/plain"];
  if (text === undefined) throw new Error(JSON.stringify(content));
  return text;
}"""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab and the folder that it serves."""

    url: str
    token: str
    folder: Path
    pid: int

    def put(self, notebook, name=None):
        """Copy `notebook` into the folder without counts and outputs, so that a run shows."""
        content = nbformat.read(notebook, 4)
        for cell in content.cells:
            if cell.cell_type == "code":
                cell.execution_count, cell.outputs = None, []
        nbformat.write(content, self.folder / (name or notebook.name))

    def write(self, name, cells):
        """Put a notebook of `cells`, texts of Python, into the folder."""
        # without the name of a kernel JupyterLab asks which to take
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        code = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook = nbformat.v4.new_notebook(cells=code, metadata=metadata)
        nbformat.write(notebook, self.folder / name)

    def open(self, page, name):
        """Open the notebook `name` in `page` and wait until its kernel is ready."""
        page.goto(f"{self.url}doc/tree/{name}?token={self.token}")
        wait_for(page, lambda state: state["connected"] and state["idle"] and state["cells"])

    def run_all(self, page, timeout=240):
        """Run every cell of the open notebook; an error in one fails the test."""
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        wait_for(page, lambda state: state["ran"] == state["cells"] and state["idle"], timeout)

    def shut_down_kernels(self):
        """End the sessions of all notebooks."""
        for session in json.load(self._ask("GET", "api/sessions")):
            self._ask("DELETE", f"api/sessions/{session['id']}").close()

    def _ask(self, method, path):
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, headers=headers, method=method)
        return urllib.request.urlopen(request, timeout=START)


def wait_for(page, reached, timeout=START):
    """Wait until `reached` is true of the notebook's state."""
    end = time.monotonic() + timeout
    while not reached(state := page.evaluate(_STATE)):
        assert not state["errors"], state["errors"]
        assert time.monotonic() < end, f"after {timeout} s the notebook is at {state}"
        page.wait_for_timeout(100)
    assert not state["errors"], state["errors"]  # the last cell's


def ask(page, expression, code=""):
    """The representation of an expression in the open notebook's kernel, after `code` there."""
    return page.evaluate(_ASK, [expression, code])


def wait_to_learn(page, expression, value, timeout=START):
    """Wait until an expression in the open notebook's kernel has the representation `value`.

    What a person does in a widget may reach Python after a cell that is run later: kernels with
    subshells take the messages of widgets in a thread of their own.
    """
    end = time.monotonic() + timeout
    while (found := ask(page, expression)) != value:
        assert time.monotonic() < end, f"after {timeout} s {expression} is {found}, not {value}"
        page.wait_for_timeout(100)


@contextlib.contextmanager
def executed(browser, home, cells, width=1200, height=1000):
    """The page of a notebook of `cells` after their run, in a JupyterLab of its own."""
    with serve(home) as lab:
        lab.write("cells.ipynb", cells)
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.set_default_timeout(30_000)
        lab.open(page, "cells.ipynb")
        lab.run_all(page)
        yield page
        context.close()


@contextlib.contextmanager
def serve(home, theme="JupyterLab Light", *, launcher=LAUNCHER, folder=None, environment=None):
    """Run a JupyterLab that keeps all its files below `home`; yields a `Lab`.

    It is the one that the command `launcher` starts, in `environment` (that of the tests), and
    serves `folder` (an empty one).
    """
    folder = folder or home / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    _write_settings(home / "settings", SETTINGS | {"themes": {"theme": theme}})
    with (home / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [*launcher, *_options(folder)],
            env=_environment(home, os.environ if environment is None else environment),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            server = _wait_for_server(process, home)
            yield Lab(server["url"], server["token"], folder, process.pid)
        finally:
            _stop(process)


def _options(folder):
    return [
        *("--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={folder}"),
        "--LabApp.expose_app_in_browser=True",
    ]


def _environment(home, given):
    private = {name: str(home / folder) for name, folder in PRIVATE.items()}
    # a person's own kernel of the same name would have other packages
    return {**given, **private, "JUPYTER_PREFER_ENV_PATH": "1"}


def _write_settings(folder, settings):
    folder = folder / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True)
    for name, values in settings.items():
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(values))


def _wait_for_server(process, home):
    end = time.monotonic() + START
    while process.poll() is None and time.monotonic() < end:
        for file in (home / "runtime").glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):
                return json.loads(file.read_text())
        time.sleep(0.1)
    raise AssertionError("JupyterLab did not start:\n" + (home / "log.txt").read_text()[-2000:])


def _stop(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
