/** The chosen pattern beside the feature map and the weights of its filter, all equally high. */
import { all, bind, formatted, h, renamed } from "./dom.js";
import { derived, MAP_TRAITS, pointAt, readMaps } from "./map_canvas.js";
import { renderMapView } from "./map_view.js";
import { renderPatternWeights } from "./pattern_weights.js";
import { chosenSizes } from "./pattern_layout.js";
import { fitted, placed } from "./viewer_panel.js";

const ABOUT_MAP = [...MAP_TRAITS, "channel", "_image_name", "_uploads"];

/** The model with the filter that is shown as chosen in `channel`, and its place in `index`. */
export function withChosen(model) {
  const labels = () => model.get("_labels");
  const place = () => Math.max(0, labels().indexOf(String(model.get("channel"))));
  const channel = () => Number(labels()[place()] ?? model.get("channel"));
  const view = renamed(model, { index: "channel" }, { index: place, channel });
  const set = (name, value) => (name === "index" ? model.set("channel", Number(labels()[value])) : view.set(name, value));
  return { ...view, set };
}

/** `place` is for the picture, and `of` gives a view of a model that answers `view_size`. */
export function chosenRow(model) {
  const chosen = withChosen(model);
  const element = h("div", { class: "cw-chosen" });
  const aspect = () => model.get("width") / model.get("height");
  const size = fitted(element, (width) => chosenSizes(width, aspect()).side);
  const mapSize = fitted(element, (width) => chosenSizes(width, aspect()).map);
  const place = h("div");
  const map = chosenMap(size.of(chosen), mapSize.of(chosen));
  const weights = placed(renderPatternWeights, size.of(chosen));
  const picture = chosenPart("Pattern", place);
  element.append(picture, map.element, chosenPart("Weights of the filter", weights.place));
  const unbind = all(
    bind(model, ["_labels"], () => (element.hidden = !model.get("_labels").length)),
    bind(model, ["width", "height"], () => [size, mapSize].forEach((one) => one.fit())),
  );
  const cleanUp = all(unbind, map.cleanUp, weights.cleanUp, size.cleanUp, mapSize.cleanUp);
  return { element, place, of: size.of, cleanUp };
}

function chosenPart(title, ...children) {
  const heading = h("h4", { class: "cw-part-title" }, title);
  return h("div", { class: "cw-chosen-part" }, heading, ...children);
}

/** `model` answers the side of the other squares for its `view_size`, `longer` that of the map. */
function chosenMap(model, longer) {
  const maps = derived(model, MAP_TRAITS, () => readMaps(model));
  const view = placed(renderMapView, renamed(longer, {}, { unit: "filter" }));
  const invitation = h("div", { class: "cw-chosen-invitation cw-muted" }, "Choose a photograph above to see what this filter makes of it");
  const answer = h("output", { class: "cw-chosen-answer" });
  const element = chosenPart("Feature map", view.place, invitation, answer);
  const heading = element.firstChild;
  const draw = () => {
    const [{ channels, area }, name] = [maps(), model.get("_image_name")];
    const [one, none] = [channels > 0 && area === 1, name === "none"];
    heading.textContent = none || !name ? "Feature map" : `Feature map of ${name}`;
    element.hidden = none && !model.get("_uploads");
    invitation.hidden = !none;
    invitation.style.setProperty("--cw-size", `${model.get("view_size")}px`);
    view.place.hidden = !channels || one;
    answer.hidden = !one;
    if (one) answer.textContent = `answers ${formatted(pointAt(maps(), model.get("channel"), { u: 0, v: 0 }).value)}`;
  };
  return { element, cleanUp: all(bind(model, [...ABOUT_MAP, "view_size", "_labels"], draw), view.cleanUp) };
}
