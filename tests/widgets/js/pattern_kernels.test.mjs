import assert from "node:assert/strict";
import { test } from "node:test";

import {
  colourWeight, kernelLayout, kernelPixel, weightText, weightsCaption,
} from "../../../convnet_widgets/widgets/static/pattern_kernels.js";

const COLOURS = Uint32Array.from({ length: 256 }, (_, i) => i); // red is the place in the table
const kernels = {
  height: 1, width: 2, shown: 3, of: 40, largest: 4, inputs: [7, 0, 39],
  values: Float32Array.from([4, -4, 2, -2, 0, 1]),
};
const inColour = { ...kernels, of: 3, inputs: [0, 1, 2], in_colour: true };

test("tiles lie in rows, each weight a whole number of pixels", () => {
  const { zoom, tiles, width, height } = kernelLayout({ ...kernels, shown: 16, height: 3, width: 3 }, 240);
  assert.equal(zoom, 18);
  assert.deepEqual(tiles.slice(0, 5).map(({ x, y }) => [x, y]), [[0, 0], [60, 0], [120, 0], [180, 0], [0, 60]]);
  assert.deepEqual([width, height], [234, 234]);
  assert.equal(kernelLayout({ ...kernels, shown: 16, height: 11, width: 11 }, 20).zoom, 1);
});

test("a weight's colour is its share of the largest, zero in the middle", () => {
  assert.deepEqual([-1, 0, 1].map((share) => colourWeight(share, COLOURS)), ["rgb(0 0 0)", "rgb(128 0 0)", "rgb(255 0 0)"]);
  assert.equal(kernelPixel(kernels, 1, 1, COLOURS), "rgb(64 0 0)");
  assert.equal(kernelPixel({ ...kernels, largest: 0 }, 0, 0, COLOURS), "rgb(128 0 0)");
});

test("over colours the first tile is the colour they make", () => {
  assert.equal(kernelLayout(inColour, 100).tiles.length, 4);
  assert.equal(kernelPixel(inColour, 0, 0, COLOURS), "rgb(255 191 128)");
  assert.equal(kernelPixel(inColour, 1, 1, COLOURS), "rgb(0 0 0)");
});

test("under the pointer is an input channel, a place and a weight", () => {
  const layout = kernelLayout(kernels, 100); // two tiles in a row, zoom 23, gap 5
  const at = (x, y, of = kernels, places = layout) => weightText(of, places, { u: x / places.width, v: y / places.height });
  assert.equal(at(24, 2), "input channel 7 · row 0, column 1 · −4");
  assert.equal(at(52, 2), "input channel 0 · row 0, column 0 · 2");
  assert.equal(at(48, 2), "");
  assert.equal(at(60, layout.height - 2), "");
  const colour = kernelLayout(inColour, 100);
  assert.equal(at(2, 2, inColour, colour), "row 0, column 0 · red 4, green 2, blue 0");
  assert.equal(at(52, 2, inColour, colour), "red · row 0, column 0 · 4");
});

test("the caption says how many input channels of how many", () => {
  assert.equal(weightsCaption(kernels), "1 × 2, the 3 strongest of 40 input channels");
  assert.equal(weightsCaption({ ...kernels, of: 3 }), "1 × 2, all 3 input channels, strongest first");
  assert.equal(weightsCaption({ ...kernels, shown: 1, of: 1 }), "1 × 2, over its one input channel");
  assert.equal(weightsCaption(inColour), "1 × 2: the colour it makes, red, green, blue");
  assert.equal(weightsCaption({ shown: 0, note: "this ReLU layer has no kernel of its own" }), "this ReLU layer has no kernel of its own");
});
