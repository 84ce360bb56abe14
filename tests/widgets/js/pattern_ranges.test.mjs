import assert from "node:assert/strict";
import { test } from "node:test";

import { rangeHint, rangesText, readRanges } from "../../../convnet_widgets/widgets/static/pattern_ranges.js";

test("runs of numbers are drawn together", () => {
  assert.equal(rangesText([0, 1, 2, 3, 7, 9, 10]), "0–3, 7, 9, 10");
  assert.equal(rangesText([]), "");
  assert.equal(rangesText([5, 4, 3]), "5, 4, 3");
});

test("what is written is read", () => {
  assert.deepEqual(readRanges("0–3, 7", 64), [0, 1, 2, 3, 7]);
  assert.deepEqual(readRanges(" 2 - 4;9  12,", 64), [2, 3, 4, 9, 12]);
  assert.deepEqual(readRanges("3, 1, 3", 64), [3, 1]);
  assert.deepEqual(readRanges("", 64), []);
});

test("numbers beyond the last are refused, not left out", () => {
  for (const text of ["60-64", "3, 64", "0-999", "0-99999999999"]) assert.equal(readRanges(text, 64), null, text);
  assert.deepEqual(readRanges("60-63", 64), [60, 61, 62, 63]);
});

test("it is told what may be written", () => {
  assert.deepEqual([256, 2, 1].map(rangeHint), ["filters 0–255", "filters 0–1", "filter 0 alone"]);
});

test("what is no number or range is refused", () => {
  for (const text of ["a", "1-", "-3", "1.5", "1--2", "70", "5-2"]) assert.equal(readRanges(text, 64), null, text);
});

test("any choice is read as it was written", () => {
  for (let i = 0; i < 300; i++) {
    const numbers = Array.from({ length: 64 }, (_, n) => n).filter((n) => Math.sin(n * n + i) > ((i % 7) - 3) / 4);
    assert.deepEqual(readRanges(rangesText(numbers), 64), numbers);
  }
});
