/** How a heatmap is laid over its photograph: opacity, threshold, colours, smoothing. */
import { KEEPS_KEYS, all, bind, h, renamed, saveAtRest } from "./dom.js";
import { renderHeatmapAlphaSlider } from "./heatmap_alpha_slider.js";
import { controlRow, freshId, renderSlider } from "./slider.js";

/** Sliders and selects in rows; none of them needs the kernel. */
export function renderHeatControls({ model, el }) {
  const element = h("div", { class: "cw cw-heat-controls" });
  el.append(element);
  const sliders = [
    renderHeatmapAlphaSlider({ model: shareOf(model, "alpha", "Heatmap opacity"), el: element }),
    renderSlider({ model: shareOf(model, "threshold", "Threshold"), el: element }, thresholdText),
  ];
  const colours = coloursRow(model);
  element.append(colours.element);
  return all(...sliders, colours.cleanUp, () => element.remove());
}

function thresholdText(value) {
  return value > 0 ? `heat from ${value.toFixed(2)}` : "all heat";
}

function shareOf(model, name, description) {
  return renamed(model, { value: name }, { min: 0, max: 1, step: 0.01, description, disabled: false });
}

function coloursRow(model) {
  const set = (name, value) => {
    model.set(name, value);
    saveAtRest(model);
  };
  const select = h("select", { id: freshId(), onchange: () => set("colour_map", select.value), ...KEEPS_KEYS });
  const smooth = h("input", { type: "checkbox", onchange: () => set("smooth", smooth.checked), ...KEEPS_KEYS });
  const check = h("label", { class: "cw-view-smooth" }, smooth, "smooth");
  const { row, label } = controlRow(select.id, select, check);
  label.textContent = "Colours";
  const unbind = all(
    bind(model, ["_colour_maps", "colour_map"], () => {
      const names = Object.keys(model.get("_colour_maps"));
      select.replaceChildren(...names.map((value) => h("option", { value }, value)));
      select.value = model.get("colour_map");
    }),
    bind(model, ["smooth"], () => (smooth.checked = model.get("smooth"))),
  );
  return { element: row, cleanUp: unbind };
}
