/** How far an ascent is, the time it will still take, its curve, and the button that stops it. */
import { KEEPS_KEYS, all, bind, h, setNow } from "./dom.js";
import { ascentPlot } from "./ascent_plot.js";
import { ascentState, timeLeft } from "./ascent_texts.js";

const STATE_TRAITS = ["step", "steps", "running", "stopped", "error", "helping", "over"];

export function renderAscentStatus({ model, el }) {
  const progress = ascentProgress(model);
  const plot = ascentPlot(model);
  const error = h("div", { class: "cw-ascent-error", role: "alert" });
  const element = h("section", { class: "cw cw-ascent", "aria-label": "Gradient ascent" });
  element.append(progress.element, error, plot.element);
  el.append(element);
  const unbind = bind(model, ["error"], () => {
    error.textContent = model.get("error");
    error.hidden = !model.get("error");
  });
  return all(unbind, progress.cleanUp, plot.cleanUp, () => element.remove());
}

function ascentProgress(model) {
  const bar = h("div", { class: "cw-ascent-bar", role: "progressbar", "aria-label": "Progress" });
  const steps = h("output", { class: "cw-ascent-steps", "aria-live": "off" });
  const left = h("span", { class: "cw-muted" });
  const state = h("span", { class: "cw-muted", role: "status" });
  const stop = () => setNow(model, "stopped", ascentState(stateOf(model)).action);
  const button = h("button", { type: "button", onclick: stop, ...KEEPS_KEYS });
  const texts = h("div", { class: "cw-ascent-texts" }, steps, left, state);
  const element = h("div", { class: "cw-ascent-progress" }, bar, texts, button);
  const draw = () => {
    const now = stateOf(model);
    const { text, button: name, action } = ascentState(now);
    drawBar(bar, now, model.get("share"));
    steps.textContent = now.steps ? `step ${now.step} of ${now.steps}` : "not begun";
    left.textContent = now.running && !text ? timeLeft(model.get("seconds_left")) : "";
    if (state.textContent !== text) state.textContent = text;
    button.textContent = name;
    button.disabled = action == null;
  };
  return { element, cleanUp: bind(model, [...STATE_TRAITS, "seconds_left", "share"], draw) };
}

function stateOf(model) {
  return Object.fromEntries(STATE_TRAITS.map((name) => [name, model.get(name)]));
}

/** `share` is what is done of all, where more is known of it than whole steps. */
export function drawBar(bar, { step, steps, running, error }, share) {
  bar.style.setProperty("--cw-done", `${100 * (share ?? (steps ? step / steps : 0))}%`);
  const numbers = { "aria-valuemin": 0, "aria-valuemax": Math.max(1, steps), "aria-valuenow": step };
  for (const name in numbers) bar.setAttribute(name, numbers[name]);
  bar.toggleAttribute("data-running", running);
  bar.toggleAttribute("data-failed", Boolean(error));
}

export default { render: renderAscentStatus };
