/** The frame of a panel: provenance, progress, errors, and the choice of layer. */
import { KEEPS_KEYS, all, bind, h, renamed, setNow } from "./dom.js";
import { renderLayerDropdown } from "./layer_dropdown.js";

const BUSY_AFTER = 150; // ms; shorter work passes without a word

/** A panel with a header; `add` appends to its body, `cleanUp` ends everything in it. */
export function viewerPanel(model, el, name) {
  const header = panelHeader(model);
  const error = errorBox(model);
  const element = h("section", { class: `cw cw-viewer ${name}` }, header.element, error.element);
  el.append(element);
  // before what is below moves up, and a popup with it
  element.addEventListener("input", ({ target }) => target.type === "text" && error.pass(), true);
  const cleanups = [header.cleanUp, error.cleanUp, () => element.remove()];
  return {
    element,
    add: (child, cleanUp) => {
      element.append(child);
      cleanups.push(cleanUp);
      return child;
    },
    cleanUp: () => all(...cleanups)(),
  };
}

/** Renders a module's display into a place of its own; returns the place and its clean-up. */
export function placed(render, model, className = "") {
  const place = h("div", { class: className });
  return { place, cleanUp: render({ model, el: place }) };
}

/**
 * Pictures as large as `element` has room for: `of(model)` is a view of the model that answers
 * `view_size` with `sizeFor(width)` of the element and tells when that changes.
 */
export function fitted(element, sizeFor) {
  const listeners = new Set();
  let size = sizeFor(element.clientWidth);
  const fit = () => {
    const before = size;
    if (element.clientWidth) size = sizeFor(element.clientWidth);
    if (size !== before) listeners.forEach((listener) => listener());
  };
  const sizes = new ResizeObserver(fit);
  sizes.observe(element);
  const of = (model) => {
    const view = renamed(model, {}, { view_size: () => size });
    const own = (type) => type === "change:view_size";
    const on = (type, listener) => (own(type) ? listeners.add(listener) : view.on(type, listener));
    const off = (type, listener) => (own(type) ? listeners.delete(listener) : view.off(type, listener));
    return { ...view, on, off };
  };
  return { of, fit, cleanUp: () => sizes.disconnect() };
}

/** A pointer over one of the places inside `element` marks the same place on all of them. */
export function linkPointers(element, ...places) {
  element.addEventListener("cw-point", ({ detail }) => {
    for (const place of places) place.dispatchEvent(new CustomEvent("cw-mark", { detail }));
  });
}

/** The choice of layer, which reaches the kernel at once; `disabled()` may change with a trait. */
export function layerChooser(model, disabled = () => false, changing = "disabled") {
  const answers = { description: "Layer", disabled };
  const names = { value: "layer", _options: "_layers", index: "_no_index", channels: "_no_channels" };
  return placed(renderLayerDropdown, renamed(model, { ...names, disabled: changing }, answers));
}

function panelHeader(model) {
  const caption = h("span", { class: "cw-caption" });
  const busy = h("span", { class: "cw-busy", role: "status" });
  const element = h("header", { class: "cw-row cw-viewer-header" }, caption, busy);
  const unbind = bind(model, ["caption", "_substitute"], () => {
    caption.textContent = model.get("caption");
    caption.toggleAttribute("data-substitute", Boolean(model.get("_substitute")));
  });
  return { element, cleanUp: all(unbind, showBusy(model, busy)) };
}

function showBusy(model, element) {
  let timer;
  const stop = () => clearTimeout(timer);
  const unbind = bind(model, ["busy"], () => {
    stop();
    if (model.get("busy")) timer = setTimeout(() => (element.textContent = "computing …"), BUSY_AFTER);
    else element.textContent = "";
  });
  return all(unbind, stop);
}

function errorBox(model) {
  const text = h("span", {});
  const names = { type: "button", "aria-label": "Dismiss the error", title: "Dismiss" };
  const forget = () => setNow(model, "error", "");
  const dismiss = h("button", { ...names, onclick: forget, ...KEEPS_KEYS }, "×");
  const element = h("div", { class: "cw-error", role: "alert" }, text, dismiss);
  const cleanUp = bind(model, ["error"], () => {
    text.textContent = model.get("error");
    element.hidden = !model.get("error");
  });
  // of an image that was not taken, it has no say in what a person does next
  const pass = () => model.get("error") && model.get("_error_passes") && forget();
  return { element, pass, cleanUp };
}
