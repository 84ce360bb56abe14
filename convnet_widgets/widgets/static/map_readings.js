/** What a panel says in numbers: the chosen channel, and the map under the pointer. */
import { all, bind, formatted, h } from "./dom.js";
import { MAP_TRAITS, derived, pointAt, readMaps, statisticsOf } from "./map_canvas.js";
import { limitTo } from "./map_layout.js";

const NOTHING_POINTED = ["Under the pointer", "–"];

/** The readings follow "cw-mark" events for {u, v} in 0…1 or null. */
export function renderMapReadings({ model, el }) {
  const maps = derived(model, MAP_TRAITS, () => readMaps(model));
  const title = h("h4", { class: "cw-part-title" });
  const list = h("dl", { class: "cw-reading-list" });
  const element = h("div", { class: "cw cw-readings" }, title, list);
  let place = null;
  const draw = () => {
    const channel = limitTo(model.get("channel"), 0, Math.max(0, maps().channels - 1));
    element.hidden = !maps().channels;
    title.textContent = `Channel ${channel}`;
    if (maps().channels) list.replaceChildren(...readings(maps(), channel, place).map(readingRow));
  };
  const mark = ({ detail }) => {
    place = detail;
    draw();
  };
  el.append(element);
  el.addEventListener("cw-mark", mark);
  const unbind = bind(model, [...MAP_TRAITS, "channel"], draw);
  return all(unbind, () => el.removeEventListener("cw-mark", mark), () => element.remove());
}

function readings(maps, channel, place) {
  const [mean, deviation, maximum, zeros] = statisticsOf(maps, channel);
  const point = place && pointAt(maps, channel, place);
  return [
    ["Mean", formatted(mean)],
    ["Standard deviation", formatted(deviation)],
    ["Maximum", formatted(maximum)],
    ["Zeros", `${formatted(Math.round(1000 * zeros) / 10)} %`],
    point ? [`Row ${point.row}, column ${point.column}`, formatted(point.value)] : NOTHING_POINTED,
  ];
}

function readingRow([name, value]) {
  return h("div", {}, h("dt", { class: "cw-muted" }, name), h("dd", {}, value));
}
