import assert from "node:assert/strict";
import { test } from "node:test";

import {
  fateCounts, missingWord, pictureCount, pictureLabel, pictureText,
} from "../../../convnet_widgets/widgets/static/picture_texts.js";

const texts = { unit: "filter", labels: ["7", "12", "40"], status: ["ok", "helped", "silent"] };
const all = (text, of) => [0, 1, 2].map((index) => text(of, index));

test("a picture is told by its label and what became of it", () => {
  assert.deepEqual(all(pictureText, texts), [
    "filter 7", "filter 12 · needed help", "filter 40 · did not fire",
  ]);
  assert.deepEqual(all(pictureLabel, texts), ["7", "12*", "40"]);
});

test("without labels and status pictures are numbered and as usual", () => {
  assert.deepEqual(all(pictureText, { unit: "class", labels: [], status: [] }), ["class 0", "class 1", "class 2"]);
});

test("only what is unusual is counted", () => {
  assert.deepEqual(fateCounts(["ok", "ok"]), []);
  assert.deepEqual(fateCounts([]), []);
  assert.deepEqual(fateCounts(texts.status), [["helped", "* 1 needed help"], ["silent", "1 did not fire"]]);
  assert.deepEqual(fateCounts(["silent", "silent"]), [["silent", "2 did not fire"]]);
});

test("of what did not fire, or answers no more than at the start, that is said", () => {
  const silent = { ...texts, status: ["silent", "", "weaker"] };
  assert.equal(pictureText(silent, 0), "filter 7 · did not fire");
  assert.equal(pictureText(silent, 1), "filter 12");
  assert.deepEqual(silent.status.map(missingWord), ["silent", "", ""]);
  assert.deepEqual(fateCounts(["weaker"]), [["weaker", "↓ 1 answers no more than to the start"]]);
});

test("all together are named and counted", () => {
  assert.equal(pictureCount({ label: "block1_conv1", unit: "filter", count: 64 }), "block1_conv1, 64 filters");
  assert.equal(pictureCount({ label: "", unit: "filter", count: 1 }), "Pictures, 1 filter");
});
