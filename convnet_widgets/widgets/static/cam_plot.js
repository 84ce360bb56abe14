/** Insertion and deletion curves as a small plot. */
import { curvePath, niceTicks, tickText } from "./ascent_curve.js";
import { svg } from "./ascent_plot.js";
import { shareText } from "./cam_texts.js";
import { h } from "./dom.js";

const [CURVES_WIDTH, CURVES_HEIGHT] = [320, 190]; // CSS pixels, with the axes
const EDGES = { top: 22, right: 20, bottom: 34, left: 44 };

/** `curves` holds `fractions`, `insertion` and `deletion`, and the areas of the two. */
export function curvesPlot(curves) {
  const { answer, fractions, insertion, deletion } = curves;
  const scale = curveScale([...insertion, ...deletion]);
  const path = (values, kind) =>
    svg("path", { class: kind, d: curvePath(fractions.map(scale.x), values.map((value) => scale.y(value ?? NaN))) });
  const lines = [path(deletion, "cw-cam-deletion"), path(insertion, "cw-cam-insertion")];
  const label = `Insertion and deletion curves of the ${answer}, of ${fractions.length} points`;
  const size = { viewBox: `0 0 ${CURVES_WIDTH} ${CURVES_HEIGHT}`, role: "img", "aria-label": label };
  return h("div", { class: "cw-cam-plot" }, svg("svg", size, ...curveAxes(scale, answer), ...lines), legend(curves));
}

function curveScale(values) {
  const low = Math.min(0, ...values);
  const high = Math.max(...values) > low ? Math.max(...values) : low + 1;
  const { top, right, bottom, left } = EDGES;
  const [across, down] = [CURVES_WIDTH - left - right, CURVES_HEIGHT - top - bottom];
  return {
    ticks: niceTicks(low, high, 4),
    x: (share) => left + across * share,
    y: (value) => top + (down * (high - value)) / (high - low),
  };
}

function curveAxes({ ticks, x, y }, answer) {
  const base = CURVES_HEIGHT - EDGES.bottom;
  const text = (px, py, anchor, words) => svg("text", { x: px, y: py, "text-anchor": anchor }, words);
  const rule = (tick) => svg("path", { class: "cw-ascent-rule", d: `M${x(0)} ${y(tick)}H${x(1)}` });
  const shares = [0, 0.25, 0.5, 0.75, 1];
  return [
    ...ticks.map(rule),
    svg("path", { class: "cw-ascent-axis", d: `M${x(0)} ${base}H${x(1)}` }),
    ...ticks.map((tick) => text(EDGES.left - 6, y(tick) + 4, "end", tickText(tick))),
    ...shares.map((share) => text(x(share), base + 14, "middle", `${100 * share} %`)),
    text(0, 10, "start", answer),
    text((x(0) + x(1)) / 2, base + 29, "middle", "of the pixels, the hottest first"),
  ];
}

function legend({ insertion_auc, deletion_auc }) {
  const key = (kind, text) => {
    const line = svg("svg", { width: 18, height: 8 }, svg("path", { class: kind, d: "M0 4L18 4" }));
    return h("span", { class: "cw-ascent-key" }, line, text);
  };
  return h(
    "div",
    { class: "cw-ascent-legend" },
    key("cw-cam-insertion", `inserted: area ${shareText(insertion_auc)}`),
    key("cw-cam-deletion", `deleted: area ${shareText(deletion_auc)}`),
  );
}
