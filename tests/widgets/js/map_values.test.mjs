import assert from "node:assert/strict";
import { test } from "node:test";

import {
  codeLine, codeValue, colourLimits, extremesOf, numbersOf, paintCodes, paintPixels, tableColours,
} from "../../../convnet_widgets/widgets/static/map_values.js";

const RAMP = Uint32Array.from({ length: 256 }, (_, i) => i);

function positions(mode, codes, range, limits) {
  const out = new Uint32Array(codes.length);
  paintCodes(Uint16Array.from(codes), codeLine(mode, range, limits), RAMP, out);
  return Array.from(out);
}

test("numbers are read at any offset, little end first", () => {
  const raw = Uint8Array.from([9, 1, 0, 255, 255, 2, 1]);
  assert.deepEqual(Array.from(numbersOf(raw.subarray(1), Uint16Array)), [1, 65535, 258]);
  const floats = new Uint8Array(Float32Array.from([0.5, -3]).buffer);
  assert.deepEqual(Array.from(numbersOf(floats, Float32Array)), [0.5, -3]);
});

test("aligned numbers are not copied", () => {
  const raw = new Uint8Array(8);
  assert.equal(numbersOf(raw, Uint16Array).buffer, raw.buffer);
});

test("a colour table becomes opaque pixels in the byte order of a canvas", () => {
  const table = new Uint8Array(768);
  table.set([1, 2, 3], 0);
  table.set([255, 128, 7], 765);
  const bytes = new Uint8Array(tableColours(table).buffer);
  assert.deepEqual(Array.from(bytes.subarray(0, 4)), [1, 2, 3, 255]);
  assert.deepEqual(Array.from(bytes.subarray(1020)), [255, 128, 7, 255]);
});

test("extremes are those of one group", () => {
  const ranges = Float32Array.from([-9, 9, 0, 2, -1, 1, -8, 8]);
  assert.deepEqual(extremesOf(ranges, 1, 2), [-1, 2]);
});

test("limits of the four modes", () => {
  const [range, statistics, extremes] = [[0, 4], [1, 0.5], [-3, 7]];
  const limits = (mode) => colourLimits(mode, range, statistics, extremes);
  assert.deepEqual(limits("map"), [0, 4]);
  assert.deepEqual(limits("layer"), [-3, 7]);
  assert.deepEqual(limits("standardised"), [0, 1.9921875]);
  assert.deepEqual(limits("signed"), [-7, 7]);
});

test("a constant map is standardised without a division by its deviation", () => {
  assert.deepEqual(colourLimits("standardised", [3, 3], [3, 1e-9], [3, 3]), [3, 3]);
});

test("each map by its own extremes: positions are rounded half up", () => {
  const codes = [0, 128, 129, 32767, 32768, 65535];
  assert.deepEqual(positions("map", codes, [0, 1], [0, 1]), [0, 0, 1, 127, 128, 255]);
});

test("one scale for all: a map that spans half of it uses half the table", () => {
  assert.deepEqual(positions("layer", [0, 65535], [0, 1], [0, 2]), [0, 128]);
  assert.deepEqual(positions("layer", [0, 65535], [1, 2], [0, 2]), [128, 255]);
});

test("standardised values are clipped to the table", () => {
  assert.deepEqual(positions("standardised", [0, 32768, 65535], [-9, 9], [-2, 2]), [0, 128, 255]);
});

test("signed zero is in the middle of the table", () => {
  assert.deepEqual(positions("signed", [0, 65535], [-2, 0], [-2, 2]), [0, 128]);
});

test("constant maps: lowest, lowest, mid-scale, middle", () => {
  const drawn = (mode) => positions(mode, [0, 0], [5, 5], [5, 5]);
  assert.deepEqual(drawn("map"), [0, 0]);
  assert.deepEqual(drawn("layer"), [0, 0]);
  assert.deepEqual(drawn("standardised"), [128, 128]);
  assert.deepEqual(positions("signed", [0], [0, 0], [0, 0]), [128]);
});

test("a constant map among others is drawn at its value where the scale is shared", () => {
  assert.deepEqual(positions("layer", [0], [5, 5], [0, 10]), [128]);
  assert.deepEqual(positions("signed", [0], [5, 5], [-5, 5]), [255]);
});

test("RGB bytes become opaque pixels", () => {
  const out = new Uint32Array(2);
  paintPixels(Uint8Array.from([10, 20, 30, 255, 0, 1]), out);
  assert.deepEqual(Array.from(new Uint8Array(out.buffer)), [10, 20, 30, 255, 255, 0, 1, 255]);
});

test("codes stand for values, the ends exactly", () => {
  assert.equal(codeValue(0, [-0.3, 0.7]), -0.3);
  assert.equal(codeValue(65535, [-0.3, 0.7]), 0.7);
  assert.equal(codeValue(13107, [0, 10]), 2);
});
