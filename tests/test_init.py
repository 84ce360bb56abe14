"""The root of the package: light to import, with every public name and no other."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import convnet_widgets

STUB = Path(convnet_widgets.__file__).with_suffix(".pyi")
HEAVY = {
    *("tensorflow", "keras", "h5py", "PIL", "numpy"),
    *("matplotlib", "ipympl", "ipywidgets", "anywidget", "IPython", "traitlets"),
}


def stub_names():
    """(name, module) of each line of the stub."""
    lines = ast.parse(STUB.read_text("utf-8")).body
    return [(alias.asname, line.module) for line in lines for alias in line.names]


def modules_after(code):
    """Top-level modules that a fresh Python has loaded after `code`."""
    report = "import sys, json; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    run = [sys.executable, "-c", f"{code}\n{report}"]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy():
    assert modules_after("import convnet_widgets") & HEAVY == set()


def test_a_control_needs_no_network_library():
    loaded = modules_after("import convnet_widgets as cw; cw.ChannelSlider(max=3)")
    assert "anywidget" in loaded
    assert loaded & {"tensorflow", "keras", "matplotlib"} == set()


def test_reading_an_image_needs_no_network_library():
    loaded = modules_after("import convnet_widgets as cw; cw.load_image([[[0, 0, 0]]])")
    assert "PIL" in loaded
    assert loaded & {"tensorflow", "keras", "matplotlib", "anywidget"} == set()


def test_nothing_is_exported_that_the_stub_does_not_name():
    names = [name for name, _ in stub_names()]
    assert sorted(convnet_widgets.__all__) == sorted(names)
    assert len(set(names)) == len(names)
    assert set(names) <= set(dir(convnet_widgets))


@pytest.mark.parametrize(("name", "module"), stub_names())
def test_public_name_comes_from_its_module_and_is_documented(name, module):
    public = getattr(convnet_widgets, name)
    assert public.__module__ == f"convnet_widgets.{module}"
    assert public.__name__ == name
    assert public.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="FeatureMapViewr"):
        convnet_widgets.FeatureMapViewr  # noqa: B018
