import assert from "node:assert/strict";
import { test } from "node:test";

import {
  enlargedSize, pictureLayout, placeOnSheet, wholeZoom,
} from "../../../convnet_widgets/widgets/static/picture_layout.js";

const lay = (options) =>
  pictureLayout({ count: 64, width: 560, tile: 64, columns: 0, pictureWidth: 64, pictureHeight: 64, ...options });
const widthOf = ({ columns, tileWidth, gap }) => columns * tileWidth + (columns + 1) * gap;

test("64 patterns of 64 pixels stand in eight columns with the book's margin of 5", () => {
  assert.deepEqual(lay({}), { columns: 8, tileWidth: 64, tileHeight: 64, gap: 5 });
  assert.equal(widthOf(lay({})), 8 * 64 + 9 * 5);
});

test("64 stand in eight rows also where there is a little more or less room", () => {
  for (const width of [480, 520, 640, 690]) assert.equal(lay({ width }).columns, 8, String(width));
});

test("columns that are asked for are kept, and the pictures take the room", () => {
  const { columns, tileWidth, gap } = lay({ columns: 4, width: 562 });
  assert.deepEqual([columns, tileWidth, gap], [4, 128, 10]);
  assert.deepEqual([lay({ columns: 16 }).columns, lay({ columns: 16 }).tileWidth], [16, 32]);
});

test("few pictures grow to no more than three times the tile", () => {
  const { columns, tileWidth } = lay({ count: 2, width: 2000 });
  assert.deepEqual([columns, tileWidth], [2, 192]);
});

test("pictures of 3 to 2 keep their shape", () => {
  const { tileWidth, tileHeight } = lay({ pictureWidth: 96, pictureHeight: 64 });
  assert.equal(tileHeight, Math.round((tileWidth * 2) / 3));
  assert.ok(tileWidth >= 60 && tileWidth <= 96, String(tileWidth));
});

test("no grid is wider than its room, and every row but the last is full", () => {
  for (const width of [288, 320, 511, 800, 1603]) {
    for (const [pictureWidth, pictureHeight] of [[3, 3], [64, 64], [96, 64], [64, 128], [224, 224]]) {
      for (let count = 1; count <= 130; count++) {
        for (const columns of [0, 5]) {
          const grid = lay({ count, width, columns, pictureWidth, pictureHeight });
          const about = `${count} of ${pictureWidth} × ${pictureHeight} in ${width}: ${JSON.stringify(grid)}`;
          assert.ok(widthOf(grid) <= width, about);
          assert.ok(grid.tileWidth >= 16 && grid.tileHeight >= 16, about);
          assert.ok(columns || grid.columns <= count, about);
        }
      }
    }
  }
});

test("a zoom is whole, or one by a whole number, where that costs little", () => {
  assert.equal(wholeZoom(250, 64), 192 + 58);
  assert.equal(wholeZoom(270, 64), 256);
  assert.equal(wholeZoom(320, 64), 320);
  assert.equal(wholeZoom(66, 128), 64);
  assert.equal(wholeZoom(100, 128), 100);
  assert.equal(wholeZoom(300, 224), 300);
});

test("an enlarged picture keeps within its limits", () => {
  assert.equal(enlargedSize(1000, [192, 320], 64), 320);
  assert.equal(enlargedSize(10, [192, 320], 64), 192);
  assert.equal(enlargedSize(290, [192, 320], 128), 256);
});

test("pictures follow each other on the sheet in rows", () => {
  const cells = { columns: 3, down: 16, across: 32 };
  const corners = [0, 2, 3, 7].map((index) => placeOnSheet(cells, index));
  assert.deepEqual(corners, [{ x: 0, y: 0 }, { x: 64, y: 0 }, { x: 0, y: 16 }, { x: 32, y: 32 }]);
});
