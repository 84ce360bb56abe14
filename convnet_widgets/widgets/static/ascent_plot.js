/** The objective by step as a small plot: the chosen picture and the mean of all. */
import { bind, bytes, all, h } from "./dom.js";
import { curveOf, curvePath, endOfSteps, niceTicks, rangeOfCurves, readCurves, tickText, toldCurves } from "./ascent_curve.js";
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
  const element = h("div", { class: "cw-ascent-plot" }, legend, drawing);
  const curves = derived(model, CURVE_TRAITS, () => {
    const steps = numbersOf(bytes(model.get("_curve_steps")), Int32Array);
    return readCurves(steps, numbersOf(bytes(model.get("_curves")), Float32Array));
  });
  const draw = coalesced(() => drawPlot(model, curves(), element, legend, drawing));
  const sizes = new ResizeObserver(draw);
  sizes.observe(element);
  const unbind = bind(model, [...CURVE_TRAITS, "kept", "helped", "steps", "index", "labels", "unit"], draw);
  return { element, cleanUp: all(unbind, () => sizes.disconnect(), draw.cancel) };
}

function drawPlot(model, curves, element, legend, drawing) {
  element.hidden = !curves.steps.length;
  const width = element.clientWidth;
  if (!width) return;
  const index = model.get("index");
  const name = `${model.get("unit")} ${model.get("labels")[index] ?? index}`;
  const [kept, helped] = ["kept", "helped"].map((trait) => model.get(trait) ?? {});
  const told = toldCurves(curves, { index, name, kept, helped });
  const lines = told.filter(({ curve }) => curve);
  legend.replaceChildren(h("span", { class: "cw-muted" }, "objective"), ...told.map(legendKey));
  drawing.toggleAttribute("hidden", !lines.length);
  drawing.setAttribute("aria-label", `Objective by step: ${told.map(({ text }) => text).join(", ")}`);
  drawing.setAttribute("width", width);
  const end = endOfSteps(curves.steps, curveOf(curves, index), model.get("steps"));
  const scale = scales(width, curves.steps, end, lines.map(({ curve }) => curve));
  const paths = lines.toReversed().flatMap(({ curve, kind }) => curveWithEnd(curves.steps, curve, scale, kind));
  drawing.replaceChildren(...axes(scale), ...paths);
}

function legendKey({ text, curve, kind }) {
  const line = curve && svg("svg", { width: 18, height: 8 }, svg("path", { class: `cw-ascent-${kind}`, d: "M0 4L18 4" }));
  return h("span", { class: "cw-ascent-key" }, line, text);
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
function curveWithEnd(steps, curve, { x, y, end }, kind) {
  const last = curve.findLastIndex(Number.isFinite);
  const within = steps.filter((step) => step <= end);
  const line = svg("path", { class: `cw-ascent-${kind}`, d: curvePath(within.map(x), curve.map(y)) });
  if (last < 0 || steps[last] > end) return [line];
  return [line, svg("circle", { class: `cw-ascent-${kind}`, cx: x(steps[last]), cy: y(curve[last]), r: 2 })];
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

/** An element of a drawing. */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
