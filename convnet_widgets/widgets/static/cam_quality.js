/** How far a heatmap can be trusted, measured when a person asks for it. */
import { KEEPS_KEYS, all, bind, h } from "./dom.js";
import { checkText, curvesText, dropText, shareText } from "./cam_texts.js";
import { curvesPlot } from "./cam_plot.js";

const EXPLANATION =
  "Does the answer come and go with the hot pixels, and does the map depend on the network's weights?";

export function camQuality(model) {
  const ask = () => model.send({ kind: "quality" });
  const button = h("button", { type: "button", onclick: ask, ...KEEPS_KEYS }, "How far to trust it");
  const asked = h("div", { class: "cw-row" }, button, h("span", { class: "cw-muted" }, EXPLANATION));
  const title = h("h4", { class: "cw-part-title" });
  const parts = h("div", { class: "cw-cam-measures" });
  const result = h("div", {}, title, parts);
  const element = h("section", { class: "cw-cam-quality", "aria-label": "Quality" }, asked, result);
  const unbind = all(
    bind(model, ["_quality"], () => {
      const quality = model.get("_quality");
      result.hidden = !quality.of;
      asked.hidden = Boolean(quality.of);
      title.textContent = `How far to trust: ${quality.of}`;
      parts.replaceChildren(...(quality.of ? measures(quality) : []));
    }),
    bind(model, ["label", "running", "_codes"], () => {
      button.disabled = model.get("running") || !model.get("_codes")?.byteLength;
    }),
  );
  return { element, cleanUp: unbind };
}

function measures({ curves, drop, check, lacks }) {
  return [
    measure("Insertion and deletion", lacks.curves, curves, () => [curvesPlot(curves), h("p", {}, curvesText(curves))]),
    measure("Seen through the heat", lacks.drop_increase, drop, () => [dropBars(drop), h("p", {}, dropText(drop))]),
    measure("Likeness of the map, weights shuffled from the end down to …", lacks.randomisation, check, () => [similarities(check), verdict(check)]),
  ];
}

function measure(title, lack, found, content) {
  const parts = found ? content() : [h("p", { class: "cw-muted" }, lack ?? "…")];
  return h("div", { class: "cw-cam-measure" }, h("div", { class: "cw-cam-measure-title" }, title), ...parts);
}

function dropBars({ before, after }) {
  const rows = [["the photograph", before], ["its hot part", after]];
  return barTable(rows.map(([name, value]) => [name, value, shareText(value)]));
}

function similarities({ layers, similarity }) {
  const text = (value) => (value == null ? "no order" : shareText(value));
  return barTable(layers.map((layer, i) => [layer, similarity[i] ?? 0, text(similarity[i])]));
}

/** Rows of a name, a share of 1 as a bar, and the same in words. */
function barTable(rows) {
  const cells = rows.flatMap(([name, share, text]) => [
    h("span", { class: "cw-muted cw-cam-bar-name", title: name }, name),
    h("span", { class: "cw-cam-bar", style: `--cw-length: ${100 * Math.min(1, share)}%`, "aria-hidden": "true" }),
    h("span", { class: "cw-cam-score" }, text),
  ]);
  return h("div", { class: "cw-cam-bars" }, ...cells);
}

function verdict(check) {
  const kind = check.passed ? "cw-cam-passed" : "cw-cam-failed";
  return h("p", { class: `cw-cam-verdict ${kind}` }, checkText(check));
}
