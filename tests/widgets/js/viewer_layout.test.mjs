import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

const file = new URL("../../../convnet_widgets/widgets/static/viewer_layout.js", import.meta.url);
const text = encodeURIComponent(await readFile(file, "utf-8"));
const { kernelSize, pictureSize } = await import(`data:text/javascript,${text}`);

const [SCALE, GAP] = [96, 16];

test("photograph, map and colour bar fit a row from 432 pixels on", () => {
  for (let width = 432; width <= 1200; width++) {
    assert.ok(2 * pictureSize(width, true, 1) + SCALE + GAP <= width, `${width}`);
  }
});

test("in wide rows the pictures leave room for the readings", () => {
  for (let width = 968; width <= 1200; width++) {
    const size = pictureSize(width, true, 1);
    assert.ok(size >= 320 && 2 * size + SCALE + 2 * GAP + 200 <= width, `${width}`);
  }
  assert.equal(pictureSize(967, true, 1), 360);
});

test("pictures grow with the room up to a limit and do not shrink for ever", () => {
  assert.equal(pictureSize(752, true, 1), 320);
  assert.equal(pictureSize(1060, true, 1), 360);
  assert.equal(pictureSize(300, true, 1), 160);
  assert.equal(pictureSize(0, true, 1), 160);
});

test("a map alone is as wide as its shape asks for and the room allows", () => {
  assert.equal(pictureSize(1060, false, 1), 360);
  assert.equal(pictureSize(1060, false, 0.2), 360);
  assert.equal(pictureSize(1060, false, 2), 720);
  assert.equal(pictureSize(1060, false, 1000), 964);
});

test("four kernels and a colour bar fit a row from 464 pixels on", () => {
  for (let width = 464; width <= 1200; width++) {
    assert.ok(4 * kernelSize(width, 4) + SCALE + 3 * GAP <= width, `${width}`);
  }
  assert.equal(kernelSize(1060, 4), 200);
  assert.equal(kernelSize(0, 4), 80);
});
