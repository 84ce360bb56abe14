import assert from "node:assert/strict";
import { test } from "node:test";

import {
  barLengths, checkText, chosenClass, curvesText, dropText, fieldText, methodGroups, methodNote,
  scoreText, shareText, workState,
} from "../../../convnet_widgets/widgets/static/cam_texts.js";

const CLASSES = [
  { index: 285, label: "Egyptian cat", score: 0.77 },
  { index: 282, label: "tiger cat", score: 0.1 },
];

test("shares are told in percent and other scores as they are", () => {
  assert.equal(scoreText(0.7712, true), "77.1 %");
  assert.equal(scoreText(0.00006, true), "< 0.1 %");
  assert.equal(scoreText(0, true), "0.0 %");
  assert.equal(scoreText(null, true), "–");
  assert.equal(scoreText(-2.71828, false), "−2.718");
});

test("bars are as long as shares, or as scores beside the largest", () => {
  assert.deepEqual(barLengths([0.75, 0.25], true), [75, 25]);
  assert.deepEqual(barLengths([2, -4], false), [50, 100]);
  assert.deepEqual(barLengths([0, 0], false), [0, 0]);
  assert.deepEqual(barLengths([], false), []);
});

test("the chosen class is found by index and by name, and is the first without a choice", () => {
  assert.equal(chosenClass(CLASSES, null), 0);
  assert.equal(chosenClass(CLASSES, 282), 1);
  assert.equal(chosenClass(CLASSES, "Tiger_Cat"), 1);
  assert.equal(chosenClass(CLASSES, 3), -1);
  assert.equal(chosenClass([], null), 0);
});

test("a field shows a class by its name where it has one", () => {
  assert.equal(fieldText(null, ["a"]), "");
  assert.equal(fieldText(0, ["a"]), "a");
  assert.equal(fieldText(7, []), "7");
  assert.equal(fieldText("tusker", []), "tusker");
});

test("methods of layers stand before those of pixels, and groups are not empty", () => {
  const [cam, saliency] = [{ name: "cam", of_pixels: false }, { name: "saliency", of_pixels: true }];
  assert.deepEqual(methodGroups([saliency, cam]), [["of a layer", [cam]], ["of pixels", [saliency]]]);
  assert.deepEqual(methodGroups([cam]), [["of a layer", [cam]]]);
});

test("a method says why there is no layer to choose, or what to beware of", () => {
  assert.equal(methodNote({ title: "Saliency", takes_layer: false }), "Saliency looks at pixels and asks no layer");
  assert.equal(methodNote({ title: "G", takes_layer: true, caution: "Of edges" }), "Of edges");
  assert.equal(methodNote({ title: "G", takes_layer: true, caution: "" }), "");
  assert.equal(methodNote(undefined), "");
});

test("work can be stopped and begun again", () => {
  const work = { step: 3, steps: 20, _doing: "Score-CAM" };
  assert.deepEqual(workState({ ...work, running: true }), { text: "Score-CAM: 3 of 20", button: "Stop", stop: true });
  assert.equal(workState({ ...work, running: true, stopped: true }).text, "stopping …");
  assert.equal(workState({ ...work, stopped: true }).stop, false);
  assert.deepEqual(workState(work), { text: "", button: "Stop", stop: null });
});

test("the difference of two areas has a sign", () => {
  assert.match(curvesText({ insertion_auc: 0.7, deletion_auc: 0.25 }), /difference here is 0\.45\.$/);
  assert.match(curvesText({ insertion_auc: 0.2, deletion_auc: 0.3 }), /difference here is −0\.10\.$/);
});

test("curves say what they are of", () => {
  const areas = { insertion_auc: 0.7, deletion_auc: 0.25 };
  assert.match(curvesText({ answer: "difference of probabilities", ...areas }), /^The difference of probabilities while /);
});

test("what is no number is told as such", () => {
  assert.equal(shareText(null), "–");
  assert.equal(shareText(-0.333), "−0.33");
  assert.match(curvesText({ insertion_auc: null, deletion_auc: 0.2 }), /difference here is –\.$/);
  assert.equal(dropText({ before: null, after: 0.5, drop: null }), "What the network says is no number.");
  assert.deepEqual(barLengths([null, 0.5], true), [0, 50]);
});

test("what is left of an answer is told both ways", () => {
  assert.match(dropText({ before: 0.8, after: 0.6, drop: 25 }), /from 0\.80 to 0\.60: 25 % of it is lost\.$/);
  assert.match(dropText({ before: 0.5, after: 0.6, drop: 0 }), /surer than before\.$/);
  assert.match(dropText({ before: 0, after: 0, drop: 0 }), /from 0\.00 to 0\.00\.$/);
});

test("a verdict says why", () => {
  const passed = { passed: true, reason: "" };
  assert.match(checkText({ ...passed, tells_learned: true }), /^Passed\..* shows something that was learned\.$/);
  assert.match(checkText({ ...passed, beware: "The lines do not." }), /depends on the weights\. The lines do not\.$/);
  assert.match(checkText({ ...passed, tells_learned: false }), /^Passed\..* depends on the weights\.$/);
  assert.equal(checkText({ passed: false, reason: "The map is dark" }), "Not passed. The map is dark.");
});
