/** The objective by step as a small plot: the chosen picture and the mean of all. */
import { bind, bytes, all, formatted, h } from "./dom.js";
import { curveOf, curvePath, endOfSteps, niceTicks, rangeOfCurves, readCurves, tickText } from "./ascent_curve.js";
import { coalesced, derived } from "./map_canvas.js";
import { numbersOf } from "./map_values.js";

const CURVE_TRAITS = ["_curve_steps", "_curves"];
const PLOT_HEIGHT = 132; // CSS pixels, with the axes
const PLOT_EDGES = { top: 8, right: 10, bottom: 32 };
const TICKS = 4;
const DIGIT = 7; // CSS pixels of a tick's label
const STEP_TICK = 70; // CSS pixels that a tick of the steps needs

/** A plot that follows `model`: its element and its clean-up. */
export function ascentPlot(model) {
  const legend = h("div", { class: "cw-ascent-legend" });
  const drawing = svg("svg", { role: "img", height: PLOT_HEIGHT });
  const kept = h("div", { class: "cw-muted" }, "kept from an earlier run");
  const element = h("div", { class: "cw-ascent-plot" }, legend, drawing, kept);
  const curves = derived(model, CURVE_TRAITS, () => {
    const steps = numbersOf(bytes(model.get("_curve_steps")), Int32Array);
    return readCurves(steps, numbersOf(bytes(model.get("_curves")), Float32Array));
  });
  const draw = coalesced(() => drawPlot(model, curves(), element, legend, drawing));
  const sizes = new ResizeObserver(draw);
  sizes.observe(element);
  const unbind = bind(model, [...CURVE_TRAITS, "steps", "index", "labels", "unit"], draw);
  const unbindKept = bind(model, ["_curve_steps", "over"], () => {
    // what was climbed now has a point at its start too
    const isKept = Boolean(model.get("over")) && curves().steps.length === 1;
    kept.hidden = !isKept;
    drawing.toggleAttribute("hidden", isKept);
  });
  return { element, cleanUp: all(unbind, unbindKept, () => sizes.disconnect(), draw.cancel) };
}

function drawPlot(model, curves, element, legend, drawing) {
  element.hidden = !curves.steps.length;
  const width = element.clientWidth;
  if (!width) return;
  const index = model.get("index");
  const [chosen, mean] = [curveOf(curves, index), curves.mean];
  const name = `${model.get("unit")} ${model.get("labels")[index] ?? index}`;
  const texts = [valueText(name, chosen), valueText(`mean of ${curves.count}`, mean)];
  const shown = curves.count > 1 ? 2 : 1;
  legend.replaceChildren(h("span", { class: "cw-muted" }, "objective"), ...keys(texts).slice(0, shown));
  drawing.setAttribute("aria-label", `Objective by step: ${texts.slice(0, shown).join(", ")}`);
  drawing.setAttribute("width", width);
  const end = endOfSteps(curves.steps, chosen, model.get("steps"));
  const scale = scales(width, curves.steps, end, [chosen, mean].slice(0, shown));
  const paths = [[mean, "cw-ascent-mean"], [chosen, "cw-ascent-chosen"]].slice(2 - shown);
  const lines = paths.flatMap(([curve, name]) => curveWithEnd(curves.steps, curve, scale, name));
  drawing.replaceChildren(...axes(scale), ...lines);
}

function valueText(name, curve) {
  const value = curve.findLast(Number.isFinite);
  return `${name}: ${value == null ? "–" : formatted(value)}`;
}

function keys(texts) {
  const names = ["cw-ascent-chosen", "cw-ascent-mean"];
  const line = (name) => svg("svg", { width: 18, height: 8 }, svg("path", { class: name, d: "M0 4L18 4" }));
  return texts.map((text, i) => h("span", { class: "cw-ascent-key" }, line(names[i]), text));
}

// from values to CSS pixels
function scales(width, steps, end, curves) {
  const seen = (curve) => curve.filter((_, place) => steps[place] <= end);
  const [low, high] = rangeOfCurves(...curves.map(seen));
  const ticks = niceTicks(low, high, TICKS);
  const { top, right, bottom } = PLOT_EDGES;
  const left = 8 + DIGIT * Math.max(4, ...ticks.map((tick) => tickText(tick).length));
  const [across, down] = [width - left - right, PLOT_HEIGHT - top - bottom];
  const stepTicks = niceTicks(0, end, Math.max(1, Math.floor(across / STEP_TICK)));
  return {
    ticks, left, end,
    right: width - right,
    base: PLOT_HEIGHT - bottom,
    stepTicks: stepTicks.filter(Number.isInteger),
    x: (step) => left + (across * step) / end,
    y: (value) => top + (down * (high - value)) / (high - low),
  };
}

/** A curve as far as the axis, and a dot at its end, which is all there is to see of one step. */
function curveWithEnd(steps, curve, { x, y, end }, name) {
  const last = curve.findLastIndex(Number.isFinite);
  const within = steps.filter((step) => step <= end);
  const line = svg("path", { class: name, d: curvePath(within.map(x), curve.map(y)) });
  if (last < 0 || steps[last] > end) return [line];
  return [line, svg("circle", { class: name, cx: x(steps[last]), cy: y(curve[last]), r: 2 })];
}

function axes({ ticks, stepTicks, left, right, base, x, y }) {
  const label = (px, py, anchor, text) => svg("text", { x: px, y: py, "text-anchor": anchor }, text);
  const rule = (py) => svg("path", { class: "cw-ascent-rule", d: `M${left} ${py}H${right}` });
  const values = ticks.map((tick) => label(left - 6, y(tick) + 4, "end", tickText(tick)));
  const steps = stepTicks.map((tick) => label(x(tick), base + 14, "middle", tickText(tick)));
  const axis = svg("path", { class: "cw-ascent-axis", d: `M${left} ${base}H${right}` });
  const name = label((left + right) / 2, base + 28, "middle", "step");
  return [...ticks.map((tick) => rule(y(tick))), axis, ...values, ...steps, name];
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
