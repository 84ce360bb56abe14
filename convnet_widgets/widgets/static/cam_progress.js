/** How far a slow method is, and the button that stops it; its room is kept while nothing is done. */
import { KEEPS_KEYS, bind, h, setNow } from "./dom.js";
import { drawBar } from "./ascent_status.js";
import { timeLeft } from "./ascent_texts.js";
import { workState } from "./cam_texts.js";

const WORK_TRAITS = ["running", "stopped", "step", "steps", "_doing"];

export function camProgress(model) {
  const bar = h("div", { class: "cw-ascent-bar", role: "progressbar", "aria-label": "Progress" });
  const state = h("span", { role: "status" });
  const left = h("span", { class: "cw-muted" });
  const present = () => Object.fromEntries(WORK_TRAITS.map((name) => [name, model.get(name)]));
  const press = () => setNow(model, "stopped", workState(present()).stop);
  const button = h("button", { type: "button", onclick: press, ...KEEPS_KEYS });
  const texts = h("div", { class: "cw-ascent-texts" }, state, left);
  const element = h("div", { class: "cw-ascent-progress cw-cam-progress" }, bar, texts, button);
  const draw = () => {
    const now = present();
    const { text, button: name, stop } = workState(now);
    element.toggleAttribute("data-idle", !text);
    drawBar(bar, now);
    state.textContent = text;
    left.textContent = now.running && !now.stopped ? timeLeft(model.get("_seconds_left")) : "";
    button.textContent = name;
    button.disabled = stop == null;
  };
  return { element, cleanUp: bind(model, [...WORK_TRAITS, "_seconds_left"], draw) };
}
