/** Slider, number field and step buttons in one. Traits as those of the channel slider. */
import { h, setMoving, KEEPS_KEYS } from "./dom.js";
import { controlRow, drawRange, limits, rangeInput, showControl } from "./slider.js";

const PAGE_STEPS = 10; // steps that PageUp and PageDown go in the number field

/** The position nearest to `number`: within the bounds and on a step. */
export function nearestPosition({ min, max, step }, number) {
  const last = Math.floor((max - min) / step);
  return min + step * Math.min(Math.max(Math.round((number - min) / step), 0), last);
}

/** Shows the picker. */
export function renderFilterIndexPicker({ model, el }) {
  const range = rangeInput(model);
  const go = (number) => setMoving(model, "value", nearestPosition(limits(model), number));
  const number = numberField(model, go);
  const previous = stepButton(model, "‹", -1, go, range);
  const next = stepButton(model, "›", 1, go, range);
  const total = h("span", { class: "cw-muted" });
  const group = h("span", { class: "cw-value cw-stepper" }, previous, number, next, total);
  return showControl(model, el, controlRow(range.id, range, group), () => {
    const name = model.get("description");
    drawRange(model, range, `${model.get("value")} / ${model.get("max")}`);
    drawNumber(model, number);
    total.textContent = `/ ${model.get("max")}`;
    drawStep(model, previous, `Previous ${name.toLowerCase()}`, -1);
    drawStep(model, next, `Next ${name.toLowerCase()}`, 1);
  });
}

function numberField(model, go) {
  const commit = () => {
    const typed = number.valueAsNumber;
    if (Number.isFinite(typed) && typed !== model.get("value")) go(typed);
    drawNumber(model, number);
  };
  const check = () => number.setAttribute("aria-invalid", !(number.value && number.validity.valid));
  const page = (event) => {
    const pages = { PageUp: 1, PageDown: -1 }[event.key];
    if (event.key === "Enter") commit();
    if (!pages) return;
    event.preventDefault();
    go(model.get("value") + pages * PAGE_STEPS * limits(model).step);
  };
  const listeners = { oninput: check, onchange: commit, onblur: commit, onkeydown: page };
  const number = h("input", { type: "number", ...listeners, ...KEEPS_KEYS });
  return number;
}

function drawNumber(model, number) {
  Object.assign(number, limits(model));
  number.value = model.get("value");
  number.disabled = Boolean(model.get("disabled"));
  number.setAttribute("aria-label", `${model.get("description")} number`);
  number.removeAttribute("aria-invalid");
}

function stepButton(model, sign, direction, go, range) {
  const onclick = () => {
    go(model.get("value") + direction * limits(model).step);
    // a disabled button loses the focus: the keys shall go on working
    if (button.disabled) range.focus();
  };
  const button = h("button", { type: "button", onclick, ...KEEPS_KEYS }, sign);
  return button;
}

function drawStep(model, button, name, direction) {
  const { min, max } = limits(model);
  const atEnd = direction < 0 ? model.get("value") <= min : model.get("value") >= max;
  button.disabled = atEnd || Boolean(model.get("disabled"));
  button.setAttribute("aria-label", name);
  button.title = name;
}

export default { render: renderFilterIndexPicker };
