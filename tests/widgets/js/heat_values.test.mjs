import assert from "node:assert/strict";
import { test } from "node:test";

import {
  blend, cellsAt, heatAt, heatOf, heatText, hottest, placeAfter, stretched,
} from "../../../convnet_widgets/widgets/static/heat_values.js";

const GREY = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
const PHOTOGRAPH = { height: 40, width: 80 };
const WHOLE = [0, 0, 40, 80];

function map(rows, columns, values, box = WHOLE) {
  return { rows, columns, heat: Float32Array.from(values), box };
}

function near(values, expected) {
  assert.equal(values.length, expected.length);
  expected.forEach((one, i) => assert.ok(Math.abs(values[i] - one) < 1e-6, `${values} at ${i}`));
}

test("codes are values between the extremes, and what is unseen is not a number", () => {
  near(heatOf([0, 65535, 13107], [0.5, 1], new Uint8Array(0)), [0.5, 1, 0.6]);
  assert.deepEqual(Array.from(heatOf([0, 65535], [0, 1], [1, 0])), [NaN, 1]);
});

test("a side is linear between the centres of cells and constant at its ends", () => {
  const side = { from: 10, length: 20, cells: 2 };
  assert.deepEqual(cellsAt(15, side, true), [0, 1, 0]);
  assert.deepEqual(cellsAt(20, side, true), [0, 1, 0.5]);
  assert.deepEqual(cellsAt(11, side, true), [0, 1, 0]);
  assert.deepEqual(cellsAt(29, side, true), [1, 1, 0]);
  assert.deepEqual(cellsAt(29, side, false), [1, 1, 0]);
  assert.equal(cellsAt(9.9, side, true), null);
  assert.equal(cellsAt(30, side, true), null);
});

test("two by two cells stretched over four by four pixels, by hand", () => {
  const out = stretched(map(2, 2, [0, 1, 0.5, 0.5]), PHOTOGRAPH, { width: 4, height: 4 }, true);
  near(out.slice(0, 4), [0, 0.25, 0.75, 1]);
  near(out.slice(4, 8), [0.125, 0.3125, 0.6875, 0.875]);
  near(out.slice(12), [0.5, 0.5, 0.5, 0.5]);
});

test("without smoothing each cell is a square", () => {
  const out = stretched(map(1, 2, [0.25, 1]), PHOTOGRAPH, { width: 4, height: 2 }, false);
  assert.deepEqual(Array.from(out), [0.25, 0.25, 1, 1, 0.25, 0.25, 1, 1]);
});

test("beside its box a map has no heat, and what reaches beyond the photograph is cut", () => {
  const inside = map(1, 1, [1], [10, 20, 20, 40]);
  const out = stretched(inside, PHOTOGRAPH, { width: 4, height: 4 }, true);
  const seen = Array.from(out, (value) => (Number.isNaN(value) ? 0 : 1));
  assert.deepEqual(seen, [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
  const beyond = map(1, 4, [0, 0.2, 0.4, 0.6], [0, -80, 40, 160]);
  near(stretched(beyond, PHOTOGRAPH, { width: 2, height: 1 }, false), [0.4, 0.6].map(Math.fround));
});

test("heat that is not there is left out of the values between", () => {
  const holed = map(1, 2, [NaN, 1]);
  near([heatAt(holed, PHOTOGRAPH, { u: 0.6, v: 0.5 }, true)], [1]);
  assert.ok(Number.isNaN(heatAt(holed, PHOTOGRAPH, { u: 0.4, v: 0.5 }, true)));
});

test("what is blended is the mean by opacity, rounded half up, from the threshold on", () => {
  const photograph = Uint8Array.from([10, 20, 31, 255, 10, 20, 31, 255, 9, 9, 9, 255]);
  const out = new Uint8Array(12);
  blend(photograph, [1, 0.5, NaN], { table: GREY, alpha: 0.5, threshold: 0.6 }, out);
  assert.deepEqual(Array.from(out), [133, 138, 143, 255, 10, 20, 31, 255, 9, 9, 9, 255]);
});

test("more heat is never drawn colder, at any opacity", () => {
  const heat = Float32Array.from({ length: 1001 }, (_, i) => i / 1000);
  const photograph = new Uint8Array(4 * heat.length).fill(200);
  for (const alpha of [0.1, 0.4, 0.73, 1]) {
    const out = new Uint8Array(photograph.length);
    blend(photograph, heat, { table: GREY, alpha, threshold: 0 }, out);
    for (let i = 1; i < heat.length; i++) assert.ok(out[4 * i] >= out[4 * i - 4]);
    assert.equal(out[0], Math.floor(200 * (1 - alpha) + 0.5));
    assert.equal(out.at(-4), Math.floor(200 * (1 - alpha) + 255 * alpha + 0.5));
  }
});

test("the hottest place is the middle of its cell, within the photograph", () => {
  assert.deepEqual(hottest(map(2, 2, [0, 0.1, 0.7, NaN]), PHOTOGRAPH), { u: 0.25, v: 0.75 });
  const beyond = map(1, 2, [1, 0.5], [0, -80, 40, 160]);
  assert.deepEqual(hottest(beyond, PHOTOGRAPH), { u: 0.5, v: 0.5 });
  assert.equal(hottest(map(1, 1, [NaN]), PHOTOGRAPH), null);
});

test("arrow keys go a cell further and stop at the edge", () => {
  const cells = map(2, 4, [0, 0, 0, 0, 0, 0, 0, 1]);
  const go = (key, u, v) => placeAfter(key, { u, v }, cells, PHOTOGRAPH);
  assert.deepEqual(go("ArrowRight", 0.5, 0.5), { u: 0.75, v: 0.5 });
  assert.deepEqual(go("ArrowUp", 0.5, 0.25), { u: 0.5, v: 0 });
  assert.deepEqual(go("ArrowLeft", 0.1, 0.5), { u: 0, v: 0.5 });
  assert.deepEqual(go("Home", 0.5, 0.5), { u: 0.875, v: 0.75 });
  assert.equal(go("a", 0.5, 0.5), null);
});

test("a place is told in whole pixels of the photograph", () => {
  assert.equal(heatText(0.834, { u: 0.5, v: 1 }, PHOTOGRAPH), "0.83 at row 39, column 40");
  assert.equal(heatText(NaN, { u: 0, v: 0 }, PHOTOGRAPH), "not seen by the network at row 0, column 0");
});
