import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

const file = new URL("../../../convnet_widgets/widgets/static/layer_options.js", import.meta.url);
const text = encodeURIComponent(await readFile(file, "utf-8"));
const { layerChoice, matchedPieces, matchingLayers, queryWords, shapeText } = await import(
  `data:text/javascript,${text}`
);

const OPTIONS = [
  { path: "conv1_conv", type: "Conv2D", shape: [null, 112, 112, 64], channels: 64 },
  { path: "conv4_block1_add", type: "Add", shape: [null, 14, 14, 256], channels: 256 },
  { path: "conv4_block2_out", type: "Add", shape: [null, 14, 14, 256] },
  { path: "conv4_block2_relu", type: "Activation", shape: null },
];
const found = (query) => matchingLayers(OPTIONS, queryWords(query));

test("a shape is shown without its batch axis", () => {
  assert.equal(shapeText([null, 56, 56, 256]), "56×56×256");
  assert.equal(shapeText([null, null, null, 256]), "?×?×256");
  assert.equal(shapeText([null, 10]), "10");
  assert.equal(shapeText(null), "");
  assert.equal(shapeText(undefined), "");
});

test("a query is split at any white space, in lower case", () => {
  assert.deepEqual(queryWords("  Conv4\t ADD "), ["conv4", "add"]);
  assert.deepEqual(queryWords("  "), []);
});

test("every word has to occur in path or type", () => {
  assert.deepEqual(found("conv4 add"), [1, 2]);
  assert.deepEqual(found("add conv4 block1"), [1]);
  assert.deepEqual(found("CONV2D"), [0]);
  assert.deepEqual(found("conv4 conv2d"), []);
});

test("a word may begin anywhere in the path", () => {
  const options = [{ path: "block5d_add", type: "Add" }, { path: "block5d_bn", type: "BatchNormalization" }];
  assert.deepEqual(matchingLayers(options, queryWords("5d add")), [0]);
  assert.deepEqual(matchingLayers(options, queryWords("5D norm")), [1]);
});

test("no word lists all, in their order", () => {
  assert.deepEqual(found(""), [0, 1, 2, 3]);
});

test("signs of a regular expression stand for themselves", () => {
  assert.deepEqual(found("conv."), []);
  assert.deepEqual(matchingLayers([{ path: "a[0]/b", type: "" }], ["[0]"]), [0]);
});

test("a word does not reach from the path into the type", () => {
  assert.deepEqual(matchingLayers([{ path: "a", type: "b" }], ["ab"]), []);
});

test("matched letters are marked, everywhere and in their own case", () => {
  assert.deepEqual(matchedPieces("Conv_conv", ["conv"]), [
    ["Conv", true],
    ["_", false],
    ["conv", true],
  ]);
});

test("overlapping matches are marked together", () => {
  assert.deepEqual(matchedPieces("aaab", ["aa"]), [
    ["aaa", true],
    ["b", false],
  ]);
  assert.deepEqual(matchedPieces("block12", ["ck1", "12"]), [
    ["blo", false],
    ["ck12", true],
  ]);
});

test("without a word nothing is marked", () => {
  assert.deepEqual(matchedPieces("conv", []), [["conv", false]]);
  assert.deepEqual(matchedPieces("", ["a"]), []);
});

test("a choice names path and channels, from the row or else from its shape", () => {
  assert.deepEqual(layerChoice(OPTIONS, 1), { index: 1, value: "conv4_block1_add", channels: 256 });
  assert.equal(layerChoice(OPTIONS, 2).channels, 256);
  assert.equal(layerChoice(OPTIONS, 3).channels, 0);
});

test("no choice has no channels", () => {
  const none = { index: null, value: null, channels: 0 };
  assert.deepEqual(layerChoice(OPTIONS, null), none);
  assert.deepEqual(layerChoice(OPTIONS, 9), none);
});
