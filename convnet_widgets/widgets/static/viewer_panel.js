/** The frame of a panel: provenance, progress, errors, and the choice of layer. */
import { KEEPS_KEYS, all, bind, h, renamed, setNow } from "./dom.js";
import { renderLayerDropdown } from "./layer_dropdown.js";

/** A panel with a header; `add` appends to its body, `cleanUp` ends everything in it. */
export function viewerPanel(model, el, name) {
  const header = panelHeader(model);
  const error = errorBox(model);
  const element = h("section", { class: `cw cw-viewer ${name}` }, header.element, error.element);
  el.append(element);
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

/** The choice of layer, which reaches the kernel at once. */
export function layerChooser(model) {
  const answers = { description: "Layer", disabled: false };
  const names = { value: "layer", _options: "_layers", index: "_no_index", channels: "_no_channels" };
  return placed(renderLayerDropdown, renamed(model, names, answers));
}

function panelHeader(model) {
  const caption = h("span", { class: "cw-caption" });
  const busy = h("span", { class: "cw-busy", role: "status" });
  const element = h("header", { class: "cw-row cw-viewer-header" }, caption, busy);
  const cleanUp = bind(model, ["caption", "_substitute", "busy"], () => {
    caption.textContent = model.get("caption");
    caption.toggleAttribute("data-substitute", Boolean(model.get("_substitute")));
    busy.textContent = model.get("busy") ? "computing …" : "";
  });
  return { element, cleanUp };
}

function errorBox(model) {
  const text = h("span", {});
  const names = { type: "button", "aria-label": "Dismiss the error", title: "Dismiss" };
  const dismiss = h("button", { ...names, onclick: () => setNow(model, "error", ""), ...KEEPS_KEYS }, "×");
  const element = h("div", { class: "cw-error", role: "alert" }, text, dismiss);
  const cleanUp = bind(model, ["error"], () => {
    text.textContent = model.get("error");
    element.hidden = !model.get("error");
  });
  return { element, cleanUp };
}
