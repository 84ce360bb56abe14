/** What the sliders share: a labelled row around a native range input that follows its model. */
import { h, bind, all, setMoving, KEEPS_KEYS } from "./dom.js";

const SLIDER_TRAITS = ["value", "min", "max", "step", "description", "disabled"];

/** An id no other element of the page has, also where modules are loaded more than once. */
export function freshId() {
  return `cw-${Math.random().toString(36).slice(2)}`;
}

/** The row of a control; `label` is its visible description, tied to the element `forId`. */
export function controlRow(forId, ...children) {
  const label = h("label", { class: "cw-label", for: forId });
  return { row: h("div", { class: "cw cw-control" }, label, ...children), label };
}

/** First and last position of a slider and the distance between positions. */
export function limits(model) {
  const [min, max, step] = [model.get("min") ?? 0, model.get("max"), model.get("step") ?? 1];
  return { min, max, step };
}

/** A native range input; every move sets the model's value. */
export function rangeInput(model) {
  const move = (event) => setMoving(model, "value", event.target.valueAsNumber);
  return h("input", { type: "range", id: freshId(), oninput: move, ...KEEPS_KEYS });
}

/** Shows the model in a range input; bounds come first, since the input clamps its value to them. */
export function drawRange(model, input, valueText) {
  Object.assign(input, limits(model));
  input.value = model.get("value");
  input.style.setProperty("--cw-filled", `${filledPercent(model)}%`);
  input.disabled = Boolean(model.get("disabled"));
  input.setAttribute("aria-label", model.get("description"));
  input.setAttribute("aria-valuetext", valueText);
}

function filledPercent(model) {
  const { min, max } = limits(model);
  return max > min ? (100 * (model.get("value") - min)) / (max - min) : 0;
}

/** Renders `row` and keeps it up to date with `draw` until the returned function is called. */
export function showControl(model, el, { row, label }, draw) {
  el.append(row);
  const unbind = bind(model, SLIDER_TRAITS, () => {
    label.textContent = model.get("description");
    row.toggleAttribute("data-disabled", Boolean(model.get("disabled")));
    draw();
  });
  return all(unbind, () => row.remove());
}

/** A slider with its value beside it as `text(value, max)` words it. */
export function renderSlider({ model, el }, text) {
  const input = rangeInput(model);
  const output = h("output", { class: "cw-value", for: input.id, "aria-live": "off" });
  return showControl(model, el, controlRow(input.id, input, output), () => {
    output.textContent = text(model.get("value"), model.get("max"));
    drawRange(model, input, output.textContent);
  });
}
