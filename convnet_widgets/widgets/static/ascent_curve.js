/** The objective's curves: read, scaled and written as paths. Pure functions of arrays. */
import { formatted } from "./dom.js";
import { limitTo } from "./map_layout.js";

const NICE = [1, 2, 2.5, 5, 10];
const ROOM = 0.04; // of the range, above and below the curves
const LARGE = 1e6;
const CLOSE_ENOUGH = 1e-9; // what rounding may take from a whole number

/** Curves of rows of `count` numbers each, of which the first is the mean. */
export function readCurves(steps, values) {
  const count = steps.length ? values.length / steps.length : 0;
  const column = (place) => Array.from(steps, (_, row) => values[row * count + place]);
  return { steps: Array.from(steps), count: Math.max(0, count - 1), mean: count ? column(0) : [], column };
}

/** The curve of one picture, from 0. */
export function curveOf({ count, column }, index) {
  return count ? column(1 + limitTo(index, 0, count - 1)) : [];
}

/**
 * The chosen picture and the mean of all that have a value, in words and with a curve. What is
 * `kept` from an earlier run, by place, has none now and is no part of the mean, unless all are;
 * what is `helped` has that of its ascent without help, and in words what it reached with it.
 */
export function toldCurves(curves, { index, name, kept, helped = {} }) {
  const isKept = index in kept;
  const [all, climbed] = [curves.count, curves.count - Object.keys(kept).length];
  const chosen = isKept ? [kept[index]] : curveOf(curves, index);
  const known = Array.from({ length: all }, (_, place) => curveOf(curves, place)).filter((one) => one.some(Number.isFinite));
  const mean = `mean of ${known.length}${climbed && climbed < all ? " new" : ""}`;
  const note = isKept ? ", kept from an earlier run" : index in helped ? `, with help ${formatted(helped[index])}` : "";
  const told = [
    { kind: "chosen", text: lastValue(name, chosen) + note, curve: isKept ? null : chosen },
    { kind: "mean", text: lastValue(known.length ? mean : "mean", curves.mean), curve: climbed ? curves.mean : null },
  ];
  return all > 1 ? told : told.slice(0, 1);
}

function lastValue(name, curve) {
  const value = curve.findLast(Number.isFinite);
  return `${name}: ${value == null ? "–" : formatted(value)}`;
}

/** Lowest and highest finite number with a little room; from 0 to twice the only one. */
export function rangeOfCurves(...curves) {
  const finite = curves.flat().filter(Number.isFinite);
  if (!finite.length) return [0, 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const room = high > low ? ROOM * (high - low) : Math.abs(low) || 1;
  return [low - room, high + room];
}

/** Where the axis of the steps ends: at the last asked for, or later where the chosen curve does. */
export function endOfSteps(steps, chosen, asked) {
  const reached = steps[chosen.findLastIndex(Number.isFinite)] ?? 0;
  return Math.max(1, asked || steps.at(-1), reached);
}

/** Round numbers within a range, two at least and about `count` of them. */
export function niceTicks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * NICE.find((factor) => factor * power >= rough * (1 - CLOSE_ENOUGH));
  const [first, last] = [Math.ceil(low / step - CLOSE_ENOUGH), Math.floor(high / step + CLOSE_ENOUGH)];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A tick's number, short also where it is large. */
export function tickText(value) {
  if (Math.abs(value) < LARGE) return formatted(value);
  return value.toExponential().replace("+", "").replaceAll("-", "−");
}

/** The path of an SVG through points in pixels; it is broken where a number is not finite. */
export function curvePath(xs, ys) {
  let command = "M";
  return xs.reduce((path, x, i) => {
    if (!Number.isFinite(ys[i])) {
      command = "M";
      return path;
    }
    const point = `${command}${x.toFixed(1)} ${ys[i].toFixed(1)}`;
    command = "L";
    return path + point;
  }, "");
}
