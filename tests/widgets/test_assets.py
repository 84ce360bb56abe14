"""Modules and style sheets are self-contained texts a browser understands."""

import re
import subprocess
from collections import Counter

import pytest
from programs import find_node

from convnet_widgets.widgets._assets import STATIC, module, style

MODULES = sorted(path.name for path in STATIC.glob("*.js"))
NAMES = re.compile(
    r"^(?:export )?(?:async )?(?:function\*?|const|let|var|class) (\w+)"
    r"|^(?:export )?(?:const|let|var) [\[{]([^=]*)[\]}] =",
    re.MULTILINE,
)


def top_level_names(text):
    return [
        name
        for single, several in NAMES.findall(text)
        for name in ([single] if single else re.findall(r"\w+", several))
    ]


def test_top_level_names_are_found_in_every_form():
    text = "export function a() {\n  const no = 1;\n}\nconst b = 1;\nlet [c, d] = x;\nclass E {}\n"
    assert top_level_names(text) == ["a", "b", "c", "d", "E"]


def test_no_two_modules_share_a_top_level_name():
    names = Counter(
        name for file in MODULES for name in top_level_names((STATIC / file).read_text("utf-8"))
    )
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("name", MODULES)
def test_module_is_self_contained_and_parses(name, tmp_path):
    text = module(name)
    assert not re.search(r"^\s*import\b|\bimport\(", text, re.MULTILINE)
    assert text.count("export default") == (STATIC / name).read_text("utf-8").count(
        "export default"
    )
    file = tmp_path / "module.mjs"
    file.write_text(text, "utf-8")
    checked = subprocess.run(
        [find_node(), "--check", file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", MODULES)
def test_every_import_names_something_its_file_exports(name):
    text = (STATIC / name).read_text("utf-8")
    for names, file in re.findall(r'^import \{([^}]*)\} from "\./([\w.]+)";', text, re.MULTILINE):
        exported = re.findall(
            r"^export (?:async )?(?:function\*?|const|let|class) (\w+)",
            (STATIC / file).read_text("utf-8"),
            re.MULTILINE,
        )
        assert {each.strip() for each in names.split(",")} <= set(exported)


def test_a_module_imported_twice_is_written_once():
    text = module("filter_index_picker.js")
    assert len(re.findall(r"function bind\(", text)) == 1


def test_imported_modules_stand_before_those_that_use_them():
    text = module("channel_slider.js")
    places = [text.index(f"function {name}(") for name in ("bind", "renderSlider")]
    assert [*places, text.index("export default")] == sorted(
        [*places, text.index("export default")]
    )


def test_style_starts_with_the_shared_sheet_and_keeps_the_order():
    text = style("controls.css", "layer_dropdown.css")
    base, controls, dropdown = (
        text.index((STATIC / name).read_text("utf-8"))
        for name in ("base.css", "controls.css", "layer_dropdown.css")
    )
    assert base == 0 < controls < dropdown


@pytest.mark.parametrize("name", ["base.css", "controls.css", "layer_dropdown.css"])
def test_every_colour_of_a_control_follows_the_theme(name):
    text = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text("utf-8"), flags=re.DOTALL)
    outside_tokens = re.sub(r"--cw-[\w-]+:[^;]*;", "", text)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", outside_tokens) == []
