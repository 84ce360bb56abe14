import assert from "node:assert/strict";
import { test } from "node:test";

import {
  curveOf, curvePath, endOfSteps, niceTicks, rangeOfCurves, readCurves, tickText, toldCurves,
} from "../../../convnet_widgets/widgets/static/ascent_curve.js";

const read = () => readCurves(Int32Array.of(0, 5), Float32Array.of(2, 1, 3, 4, 2, 6));

test("rows are read as the mean and a curve for each picture", () => {
  const curves = read();
  assert.deepEqual([curves.steps, curves.count, curves.mean], [[0, 5], 2, [2, 4]]);
  assert.deepEqual([0, 1].map((index) => curveOf(curves, index)), [[1, 2], [3, 6]]);
});

test("a choice beyond the pictures is that of the last", () => {
  assert.deepEqual(curveOf(read(), 9), [3, 6]);
});

test("before the first step there are no curves", () => {
  const curves = readCurves(new Int32Array(0), new Float32Array(0));
  assert.deepEqual([curves.steps, curves.count, curves.mean, curveOf(curves, 0)], [[], 0, [], []]);
});

test("the chosen one and the mean are told, of one picture itself alone", () => {
  const told = toldCurves(read(), { index: 1, name: "filter 7", kept: {} });
  assert.deepEqual(told, [
    { kind: "chosen", text: "filter 7: 6", curve: [3, 6] },
    { kind: "mean", text: "mean of 2: 4", curve: [2, 4] },
  ]);
  const alone = readCurves(Int32Array.of(0), Float32Array.of(NaN, NaN));
  assert.deepEqual(toldCurves(alone, { index: 0, name: "filter 7", kept: {} }).map(({ text }) => text), ["filter 7: –"]);
});

test("what is kept from an earlier run is told without a curve", () => {
  const [some, every] = [{ 0: 1.5 }, { 0: 1.5, 1: 6 }];
  const curves = (kept) => (kept === every ? read() : readCurves(Int32Array.of(0, 5), Float32Array.of(3, NaN, 3, 4, NaN, 6)));
  const told = (index, kept) => toldCurves(curves(kept), { index, name: "filter 7", kept }).map(({ text, curve }) => [text, Boolean(curve)]);
  assert.deepEqual(told(0, some), [["filter 7: 1.5, kept from an earlier run", false], ["mean of 1 new: 4", true]]);
  assert.deepEqual(told(1, some), [["filter 7: 6", true], ["mean of 1 new: 4", true]]);
  assert.deepEqual(told(1, every), [["filter 7: 6, kept from an earlier run", false], ["mean of 2: 4", false]]);
});

test("the mean is told of those that have a value", () => {
  const [first, none] = [[1, NaN, 1], [NaN, NaN, NaN]].map((values) => readCurves(Int32Array.of(0), Float32Array.from(values)));
  const mean = (curves, kept = {}) => toldCurves(curves, { index: 0, name: "filter 7", kept })[1].text;
  assert.deepEqual([mean(first), mean(none)], ["mean of 1: 1", "mean: –"]);
  const some = readCurves(Int32Array.of(0), Float32Array.of(5, NaN, 5, NaN));
  assert.equal(mean(some, { 0: 1.5 }), "mean of 1 new: 5");
});

test("what needed help is told apart from the curve, which is without", () => {
  const told = toldCurves(read(), { index: 1, name: "filter 7", kept: {}, helped: { 1: 32.75 } });
  assert.deepEqual(told[0], { kind: "chosen", text: "filter 7: 6, with help 32.75", curve: [3, 6] });
  assert.equal(toldCurves(read(), { index: 0, name: "filter 7", kept: {}, helped: { 1: 32.75 } })[0].text, "filter 7: 2");
});

test("the range has a little room, and some where nothing moves", () => {
  assert.deepEqual(rangeOfCurves([0, 50], [100, NaN]), [-4, 104]);
  assert.deepEqual(rangeOfCurves([5, 5]), [0, 10]);
  assert.deepEqual(rangeOfCurves([-5]), [-10, 0]);
  assert.deepEqual(rangeOfCurves([0, 0]), [-1, 1]);
  assert.deepEqual(rangeOfCurves([NaN], []), [0, 1]);
});

test("the axis goes beyond the steps asked for only with the chosen curve", () => {
  const [steps, brief, long] = [[0, 7, 14], [1, 2, NaN], [1, 2, 3]];
  assert.equal(endOfSteps(steps, brief, 7), 7);
  assert.equal(endOfSteps(steps, long, 7), 14);
  assert.equal(endOfSteps(steps, brief, 40), 40);
  assert.equal(endOfSteps(steps, [NaN, NaN, NaN], 7), 7);
  assert.equal(endOfSteps(steps, brief, 0), 14);
  assert.equal(endOfSteps([0], [1], 0), 1);
});

test("ticks are round numbers within the range", () => {
  assert.deepEqual(niceTicks(0, 40, 4), [0, 10, 20, 30, 40]);
  assert.deepEqual(niceTicks(-0.1, 4.1, 4), [0, 2, 4]);
  assert.deepEqual(niceTicks(0.00046, 0.00048, 4), [0.00046, 0.000465, 0.00047, 0.000475, 0.00048]);
});

test("there are two ticks at least, and not many more than asked for", () => {
  for (let i = 0; i < 2000; i++) {
    const [low, span] = [Math.sin(i) * 10 ** ((i % 9) - 4), 10 ** ((i % 11) - 5) * (1 + Math.cos(3 * i) / 2)];
    const ticks = niceTicks(low, low + span, 4);
    const about = `${low} + ${span}: ${ticks}`;
    assert.ok(ticks.length >= 2 && ticks.length <= 6, about);
    assert.ok(ticks[0] >= low - 1e-6 * span && ticks.at(-1) <= low + 1.000001 * span, about);
  }
});

test("a path is broken where there is no number", () => {
  assert.equal(curvePath([0, 10, 20, 30], [1, NaN, 3, 4.06]), "M0.0 1.0M20.0 3.0L30.0 4.1");
  assert.equal(curvePath([], []), "");
});

test("ticks are written short", () => {
  const values = [0, -0.25, 250000, 999999, 1e6, -2.5e10, 1e-7];
  assert.deepEqual(values.map(tickText), ["0", "−0.25", "250000", "1000000", "1e6", "−2.5e10", "1e−7"]);
});
