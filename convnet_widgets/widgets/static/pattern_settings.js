/** How patterns are made: recipe, size, steps, seed and filters, each set at once. */
import { KEEPS_KEYS, all, bind, h, setNow } from "./dom.js";
import { rangeHint, rangesText, readRanges } from "./pattern_ranges.js";

export function patternSettings(model) {
  const numbers = ["size", "steps", "seed"].map((name) => wholeNumberField(model, name));
  const parts = [recipeField(model), ...numbers, filtersField(model)];
  const element = h("div", { class: "cw-pattern-settings" }, ...parts.map((part) => part.element));
  return { element, cleanUp: all(...parts.map((part) => part.cleanUp)) };
}

/** Calls `set` when a person is done with an input; JupyterLab keeps Enter from being that. */
function whenDone(input, set) {
  input.addEventListener("change", set);
  input.addEventListener("keydown", ({ key }) => key === "Enter" && set());
}

function settingField(text, input) {
  return h("label", { class: "cw-pattern-setting" }, h("span", { class: "cw-muted" }, text), input);
}

function recipeField(model) {
  const select = h("select", { onchange: () => setNow(model, "recipe", select.value), ...KEEPS_KEYS });
  const cleanUp = bind(model, ["recipe", "_recipes"], () => {
    select.replaceChildren(...model.get("_recipes").map((value) => h("option", { value }, value)));
    select.value = model.get("recipe");
  });
  return { element: settingField("Recipe", select), cleanUp };
}

function wholeNumberField(model, name) {
  const min = name === "seed" ? 0 : 1;
  const input = h("input", { type: "number", min, step: 1, ...KEEPS_KEYS });
  const show = () => (input.value = model.get(name));
  whenDone(input, () => {
    const value = input.valueAsNumber;
    if (Number.isInteger(value) && value >= min) setNow(model, name, value);
    else show();
  });
  const label = { size: "Size", steps: "Steps", seed: "Seed" }[name];
  return { element: settingField(label, input), cleanUp: bind(model, [name], show) };
}

function filtersField(model) {
  const input = h("input", { type: "text", spellcheck: "false", ...KEEPS_KEYS });
  const count = h("span", { class: "cw-muted" });
  const wrong = h("span", { class: "cw-pattern-wrong", role: "alert" });
  const mark = (isWrong) => {
    input.setAttribute("aria-invalid", isWrong);
    wrong.textContent = isWrong ? rangeHint(model.get("channels")) : "";
    count.textContent = isWrong ? "" : `of ${model.get("channels")}`;
  };
  const show = () => {
    input.value = rangesText(model.get("filters"));
    input.placeholder = `0–${Math.min(64, model.get("channels")) - 1}`;
    mark(false);
  };
  whenDone(input, () => {
    const filters = readRanges(input.value, model.get("channels"));
    mark(!filters);
    if (filters && String(filters) !== String(model.get("filters"))) setNow(model, "filters", filters);
  });
  const element = h("span", { class: "cw-pattern-filters" }, settingField("Filters", input), count, wrong);
  return { element, cleanUp: bind(model, ["filters", "channels"], show) };
}
