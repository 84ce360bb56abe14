/** How heatmaps are made: method and layer, and what one is compared with. */
import { KEEPS_KEYS, all, bind, h, setNow } from "./dom.js";
import { classField } from "./cam_classes.js";
import { methodNote, methodGroups } from "./cam_texts.js";
import { controlRow, freshId } from "./slider.js";
import { layerChooser } from "./viewer_panel.js";

const COMPARED = { none: "nothing", class: "another class", method: "another method" };

export function camSettings(model) {
  const method = methodSelect(model, "method", "Method");
  const layer = layerRow(model);
  const compare = compareRow(model);
  const note = methodNoteBeside(model);
  const first = h("div", { class: "cw-cam-method" }, labelled("Method", method.element), note.element);
  const element = h("div", { class: "cw-cam-settings" }, first, layer.place, compare.element, compare.refusal);
  return { element, cleanUp: all(method.cleanUp, note.cleanUp, layer.cleanUp, compare.cleanUp) };
}

function labelled(text, control, ...others) {
  control.id ||= freshId();
  const { row, label } = controlRow(control.id, control, ...others);
  label.textContent = text;
  return row;
}

function methodSelect(model, trait, name) {
  const select = h("select", { "aria-label": name, ...KEEPS_KEYS });
  select.addEventListener("change", () => setNow(model, trait, select.value));
  const cleanUp = bind(model, [trait, "_methods"], () => {
    const groups = methodGroups(model.get("_methods")).map(([label, methods]) => {
      const options = methods.map(({ name, title, slow }) => h("option", { value: name }, slow ? `${title} (slow)` : title));
      return h("optgroup", { label }, ...options);
    });
    select.replaceChildren(...groups);
    select.value = model.get(trait);
  });
  return { element: select, cleanUp };
}

function layerRow(model) {
  return layerChooser(model, () => presentMethod(model)?.takes_layer === false, "method");
}

function presentMethod(model) {
  return model.get("_methods").find(({ name }) => name === model.get("method"));
}

/** What is to be said of the method; its room is kept, so that nothing moves when it speaks. */
function methodNoteBeside(model) {
  const element = h("div", { class: "cw-cam-method-note", role: "status" });
  const cleanUp = bind(model, ["method", "_methods"], () => {
    const method = presentMethod(model);
    element.textContent = methodNote(method);
    element.toggleAttribute("data-caution", Boolean(method?.caution));
  });
  return { element, cleanUp };
}

function compareRow(model) {
  const options = Object.entries(COMPARED).map(([value, text]) => h("option", { value }, text));
  const select = h("select", { ...KEEPS_KEYS }, ...options);
  select.addEventListener("change", () => setNow(model, "compare", select.value));
  const [other, method] = [
    classField(model, "other_target", "likeliest other; name or index"),
    methodSelect(model, "other_method", "Method to compare with"),
  ];
  other.element.firstChild.setAttribute("aria-label", "Class to compare with");
  const element = labelled("Compare with", select, other.element, method.element);
  const unbind = bind(model, ["compare", "_compares_classes"], () => {
    options[1].hidden = options[1].disabled = !model.get("_compares_classes");
    select.value = model.get("compare");
    other.element.hidden = other.refusal.hidden = model.get("compare") !== "class";
    method.element.hidden = model.get("compare") !== "method";
  });
  return { element, refusal: other.refusal, cleanUp: all(unbind, other.cleanUp, method.cleanUp) };
}
