import assert from "node:assert/strict";
import { test } from "node:test";

import { ascentState, timeLeft } from "../../../convnet_widgets/widgets/static/ascent_texts.js";

const state = (changes) => {
  const { text, button, action } = ascentState({
    step: 17, steps: 40, running: false, stopped: false, error: "", ...changes,
  });
  return [text, button, action];
};

test("while it runs it can be stopped", () => {
  assert.deepEqual(state({ running: true }), ["", "Stop", true]);
  assert.deepEqual(state({ running: true, stopped: true }), ["stopping …", "Stop", true]);
});

test("after the last step it can no longer be stopped", () => {
  assert.deepEqual(state({ running: true, step: 40 }), ["finishing …", "Stop", null]);
});

test("help is told, and can be stopped and gone on with", () => {
  const all = { step: 40, helping: 6, over: false };
  assert.deepEqual(state({ ...all, running: true }), ["helping 6 filters that do not fire", "Stop", true]);
  assert.deepEqual(state({ ...all, running: true, helping: 1 })[0], "helping a filter that does not fire");
  assert.deepEqual(state({ ...all, running: true, stopped: true }), ["stopping …", "Stop", true]);
  assert.deepEqual(state({ ...all, stopped: true }), ["stopped", "Continue", false]);
  assert.deepEqual(state({ ...all, helping: 0, over: true }), ["done", "Stop", null]);
});

test("once it rests it can go on", () => {
  assert.deepEqual(state({ stopped: true }), ["stopped", "Continue", false]);
});

test("before the first step and after the last there is nothing to do", () => {
  assert.deepEqual(state({ step: 0, steps: 0 }), ["", "Stop", null]);
  assert.deepEqual(state({ step: 40 }), ["done", "Stop", null]);
  assert.deepEqual(state({ step: 40, stopped: true }), ["done", "Stop", null]);
});

test("what an error ended does not go on", () => {
  assert.deepEqual(state({ error: "NaN" }), ["ended by an error", "Stop", null]);
  assert.deepEqual(state({ error: "NaN", stopped: true }), ["ended by an error", "Stop", null]);
});

test("time is told as a person estimates it", () => {
  const times = [null, undefined, 0, 0.99, 1.4, 59.4, 59.6, 61, 119.7, 599.4, 600, 3600, 7200, 9000];
  assert.deepEqual(times.map(timeLeft), [
    "", "", "less than 1 s left", "less than 1 s left", "about 1 s left", "about 59 s left",
    "about 1 min 0 s left", "about 1 min 1 s left", "about 2 min 0 s left", "about 9 min 59 s left",
    "about 10 min left", "about 60 min left", "about 2 h left", "about 2.5 h left",
  ]);
});
