import assert from "node:assert/strict";
import { test } from "node:test";

import { chosenSizes } from "../../../convnet_widgets/widgets/static/pattern_layout.js";

const row = (side, aspect, parts) => side * (parts === 3 ? 2 + aspect : 1 + aspect) + (parts - 1) * 96 + (parts - 1) * 24;

test("three are equally high and fit in a row", () => {
  for (const aspect of [0.75, 1, 1.5]) {
    for (const width of [760, 800, 960, 1090]) {
      const { side, map } = chosenSizes(width, aspect);
      assert.ok(row(side, aspect, 3) <= width, `${side} in ${width}`);
      assert.ok(side === 250 || row(side + 2, aspect, 3) > width);
      assert.equal(map, Math.floor(side * Math.max(1, aspect)));
    }
  }
});

test("in a narrow place there are two in a row, or one", () => {
  const two = chosenSizes(500, 1).side;
  assert.ok(row(two, 1, 2) <= 500 && two >= 130);
  assert.equal(chosenSizes(300, 1).side, 204);
  assert.equal(chosenSizes(100, 1).side, 64);
});

test("a map of another shape does not push the others out", () => {
  assert.deepEqual(chosenSizes(1000, 40), chosenSizes(1000, 2));
  assert.deepEqual(chosenSizes(1000, NaN), chosenSizes(1000, 1));
});
