import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

const file = new URL("../../../convnet_widgets/widgets/static/weight_order.js", import.meta.url);
const text = encodeURIComponent(await readFile(file, "utf-8"));
const { barAt, barPlaces, largestWeight, strongest, weightOrder } = await import(
  `data:text/javascript,${text}`
);

const WEIGHTS = Float32Array.of(0.5, -2, 0, 0.5, 1);

test("channels come by number, or from most positive to most negative, equal ones by number", () => {
  assert.deepEqual(weightOrder(WEIGHTS, false), [0, 1, 2, 3, 4]);
  assert.deepEqual(weightOrder(WEIGHTS, true), [4, 0, 3, 2, 1]);
  assert.deepEqual(weightOrder(new Float32Array(0), true), []);
});

test("the strongest are those of the largest magnitude, equal ones by number", () => {
  assert.deepEqual(strongest(WEIGHTS, 3), [1, 4, 0]);
  assert.deepEqual(strongest(WEIGHTS, 9), [1, 4, 0, 3, 2]);
});

test("the weights are left in their order", () => {
  assert.deepEqual([...WEIGHTS], [0.5, -2, 0, 0.5, 1]);
});

test("the scale ends at the largest magnitude", () => {
  assert.equal(largestWeight(WEIGHTS), 2);
  assert.equal(largestWeight(Float32Array.of(-3, 1)), 3);
  assert.equal(largestWeight(new Float32Array(4)), 0);
});

test("every share of the width belongs to a bar", () => {
  assert.deepEqual([0, 0.19, 0.2, 0.99].map((share) => barAt(share, 5)), [0, 0, 1, 4]);
  assert.deepEqual([-0.1, 1, 1.3].map((share) => barAt(share, 5)), [0, 4, 4]);
});

test("bars go up and down from the middle, the largest to the edge", () => {
  const places = barPlaces(WEIGHTS, weightOrder(WEIGHTS, false), 100, 80);
  const corners = places.map(({ x, y, width, height }) => [x, y, width, height]);
  assert.deepEqual(corners, [
    [0, 30, 19, 10],
    [20, 40, 19, 40],
    [40, 40, 19, 0],
    [60, 30, 19, 10],
    [80, 20, 19, 20],
  ]);
});

test("bars stand in the order given and keep their channels and weights", () => {
  const places = barPlaces(WEIGHTS, weightOrder(WEIGHTS, true), 100, 80);
  assert.deepEqual(places.map(({ channel }) => channel), [4, 0, 3, 2, 1]);
  assert.deepEqual(places.map(({ weight }) => weight), [1, 0.5, 0.5, 0, -2]);
  assert.deepEqual(places.map(({ x }) => x), [0, 20, 40, 60, 80]);
});

test("many bars have no gaps but a width, and end within the picture", () => {
  const many = new Float32Array(2000).fill(1);
  const places = barPlaces(many, weightOrder(many, false), 500, 80);
  assert.ok(places.every(({ width }) => width === 0.5));
  const last = places.at(-1);
  assert.ok(last.x + last.width <= 500.5);
});

test("weights of nothing have bars of no height", () => {
  const places = barPlaces(new Float32Array(3), [0, 1, 2], 30, 80);
  assert.ok(places.every(({ y, height }) => y === 40 && height === 0));
});
