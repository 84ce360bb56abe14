"""A real browser and the ten-line model that stands in for a kernel."""

import base64
import json

import pytest
from playwright.sync_api import sync_playwright
from programs import find_chromium

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# JupyterLab's dark theme, as far as our style sheets ask for it.
DARK = {
    "--jp-ui-font-color1": "rgba(255, 255, 255, 0.87)",
    "--jp-ui-font-color2": "rgba(255, 255, 255, 0.54)",
    "--jp-layout-color1": "#212121",
    "--jp-layout-color2": "#424242",
    "--jp-border-color2": "#424242",
    "--jp-brand-color1": "#1976d2",
    "--jp-error-color1": "#d32f2f",
    "--jp-warn-color1": "#f57c00",
}

PAGE = """<!doctype html><meta charset="utf-8"><style>body { margin: 16px; } %s</style>
<body><div id="host"></div></body>"""

# What anywidget's model offers and no more; `saves` and `messages` record what reaches the kernel.
START = """async ([text, json]) => {
  const binary = (value) => {
    const raw = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    return new DataView(raw.buffer);
  };
  const parsed = (json) =>
    JSON.parse(json, (_, value) => (value?.base64 != null ? binary(value.base64) : value));
  const state = parsed(json);
  const listeners = {};
  let dirty = {};
  const call = (type) => [...(listeners[type] ?? [])].forEach((listener) => listener());
  window.saves = [];
  window.messages = [];
  window.model = {
    get: (name) => state[name],
    set: (name, value) => {
      if (state[name] === value) return;
      state[name] = dirty[name] = value;
      call(`change:${name}`);
    },
    on: (type, listener) => (listeners[type] ??= []).push(listener),
    off: (type, listener) => {
      listeners[type] = (listeners[type] ?? []).filter((one) => listener && one !== listener);
    },
    save_changes: () => {
      if (Object.keys(dirty).length) window.saves.push(dirty);
      dirty = {};
    },
    send: (message, _, buffers = []) => {
      const bytes = buffers.map((one) => [...new Uint8Array(one)]);
      window.messages.push(bytes.length ? { ...message, bytes } : message);
    },
  };
  window.arrive = (json) => {
    const changes = parsed(json);
    Object.assign(state, changes);
    Object.keys(changes).forEach((name) => call(`change:${name}`));
  };
  window.listenerCount = () => Object.values(listeners).flat().length;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const cleanUp = await widget.render({ model: window.model, el: document.querySelector("#host") });
  window.cleanUp = cleanUp ?? (() => {});
}"""


def as_json(traits):
    """JSON of `traits` in which bytes, however deep, are ``{"base64": text}``."""

    def binary(value):
        if isinstance(value, bytes | memoryview):
            return {"base64": base64.b64encode(value).decode()}
        raise TypeError(f"{type(value).__name__} cannot be sent to the browser")

    return json.dumps(traits, default=binary)


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium):
    """``new_page(device_scale_factor=2, ...)``: a page; an error in it fails the test."""
    contexts, errors = [], []

    def make(**options):
        contexts.append(
            chromium.new_context(**({"viewport": {"width": 800, "height": 900}} | options))
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page):
    """A page of 800 × 900 pixels at device pixel ratio 1."""
    return new_page()


@pytest.fixture(scope="session")
def mount():
    """``mount(page, module_text, css, traits, dark=False)`` renders a widget in `page`.

    Afterwards the page has ``model``, ``saves`` and ``messages``, ``arrive(json)`` for changes
    from the kernel, ``cleanUp()`` and ``listenerCount()``.
    """

    def mount(page, module_text, css, traits, dark=False):
        page.set_content(PAGE % css)
        if dark:
            page.evaluate(
                """(colours) => {
                  const { style, dataset } = document.body;
                  dataset.jpThemeLight = "false";
                  for (const name in colours) style.setProperty(name, colours[name]);
                  style.background = "#111";
                }""",
                DARK,
            )
        page.evaluate(START, [module_text, as_json(traits)])

    return mount


@pytest.fixture(scope="session")
def arrive():
    """``arrive(page, changes)``: trait changes as the kernel would send them, at once."""

    def arrive(page, changes):
        page.evaluate("(json) => window.arrive(json)", as_json(changes))

    return arrive
