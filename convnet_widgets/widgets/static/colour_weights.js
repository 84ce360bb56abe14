/** The weights of one filter for red, green and blue, and the colour they make. */
import { MAP_TRAITS, derived, pointAt, readMaps } from "./map_canvas.js";
import { all, bind, formatted, h, renamed } from "./dom.js";
import { renderMapView } from "./map_view.js";
import { kernelSize } from "./viewer_layout.js";
import { fitted, linkPointers, placed } from "./viewer_panel.js";

const PRIMARIES = ["red", "green", "blue"];

/** `colour` is the model of the filters in colour, `model` that of their weights. */
export function renderColourWeights({ model, colour, el }) {
  const element = h("div", { class: "cw cw-colour-weights" });
  const place = h("output", { class: "cw-muted cw-colour-reading", "aria-live": "off" });
  const size = fitted(el, (width) => kernelSize(width, 1 + PRIMARIES.length));
  const parts = [
    colourPart(size.of(colour), "colour"),
    ...PRIMARIES.map((name, channel) => colourPart(size.of(weightsFor(model, name, channel)), name)),
  ];
  element.append(...parts.map((part) => part.element), place);
  linkPointers(element, ...parts.map((part) => part.place));
  const cleanUp = showReading(model, element, place);
  el.append(element);
  return all(cleanUp, size.cleanUp, ...parts.map((part) => part.cleanUp), () => element.remove());
}

function weightsFor(model, name, channel) {
  const label = () => `${model.get("label")}, filter ${model.get("filter")}, weights for ${name}`;
  return renamed(model, {}, { channel, label, unit: "input channel", intensity: "signed" });
}

function colourPart(model, name) {
  const { place, cleanUp } = placed(renderMapView, model);
  const title = h("div", { class: "cw-part-name" }, name);
  return { place, cleanUp, element: h("div", { class: "cw-colour-part" }, title, place) };
}

/** Says the three weights under the pointer, whichever of the pictures it is over. */
function showReading(model, element, output) {
  const maps = derived(model, MAP_TRAITS, () => readMaps(model));
  let place = null;
  const draw = () => {
    const known = maps().channels === PRIMARIES.length;
    output.textContent = place && known ? weightsText(maps(), place) : `filter ${model.get("filter")}`;
  };
  element.addEventListener("cw-point", ({ detail }) => {
    place = detail;
    draw();
  });
  return bind(model, [...MAP_TRAITS, "filter"], draw);
}

function weightsText(maps, place) {
  const points = PRIMARIES.map((_, channel) => pointAt(maps, channel, place));
  const weights = PRIMARIES.map((name, i) => `${name} ${formatted(points[i].value)}`);
  return `row ${points[0].row}, column ${points[0].column} · ${weights.join(" · ")}`;
}
