import assert from "node:assert/strict";
import { test } from "node:test";

import {
  WHOLE, channelOrder, gridLayout, insideLayout, pannedBy, positionAfter, revealing, slotAt,
  tileRect, unzoomed, zoomedAbout, zoomedRect,
} from "../../../convnet_widgets/widgets/static/map_layout.js";

const lay = (options) =>
  gridLayout({ count: 64, width: 806, tile: 64, gap: 2, margin: 3, mapWidth: 56, mapHeight: 56, ...options });

test("56-pixel maps are drawn pixel by pixel, 13 a row", () => {
  const { columns, rows, tileWidth, tileHeight, height } = lay({});
  assert.deepEqual([columns, rows, tileWidth, tileHeight], [13, 5, 56, 56]);
  assert.equal(height, 5 * 56 + 4 * 2 + 2 * 3);
});

test("full rows are preferred where they cost little width", () => {
  assert.deepEqual([lay({ count: 48 }).columns, lay({ count: 48, mapWidth: 64, mapHeight: 64 }).columns], [12, 12]);
  assert.equal(lay({ count: 60 }).columns, 12);
});

test("where few columns fit, full rows would cost too much", () => {
  const { columns, tileWidth } = lay({ width: 388, mapWidth: 28, mapHeight: 28 });
  assert.deepEqual([columns, tileWidth], [6, 56]);
});

test("small kernels get equally large pixels", () => {
  const { tileWidth } = lay({ mapWidth: 3, mapHeight: 3 });
  assert.equal(tileWidth % 3, 0);
  assert.ok(tileWidth >= 64);
});

test("few maps grow, but not without limit", () => {
  assert.equal(lay({ count: 3, mapWidth: 1, mapHeight: 1 }).tileWidth, 192);
  assert.equal(lay({ count: 3 }).columns, 3);
});

test("strips of one row stay visible and are drawn longer", () => {
  const { tileWidth, tileHeight, columns } = lay({ mapWidth: 1000, mapHeight: 1 });
  assert.deepEqual([columns, tileWidth, tileHeight], [3, 265, 13]);
});

test("strips of one column are not endless", () => {
  const { tileWidth, tileHeight } = lay({ mapWidth: 1, mapHeight: 1000 });
  assert.ok(tileWidth >= 12);
  assert.equal(tileHeight, 256);
});

test("every count fits the width, loses no tile and overlaps none", () => {
  for (const width of [40, 151, 500, 1207]) {
    for (const [mapWidth, mapHeight] of [[3, 3], [56, 56], [7, 20], [1, 128], [224, 224]]) {
      for (let count = 1; count <= 70; count++) {
        const layout = lay({ count, width, mapWidth, mapHeight });
        assert.ok(layout.columns * layout.rows >= count);
        const last = tileRect(layout, layout.columns - 1);
        assert.ok(last.x + last.width <= width - layout.margin + 1, `${width} ${mapWidth} ${count}`);
        const end = tileRect(layout, count - 1);
        assert.equal(end.y + end.height + layout.margin, layout.height);
      }
    }
  }
});

test("no maps need no rows", () => {
  const { rows, count } = lay({ count: 0, mapWidth: 1, mapHeight: 1 });
  assert.deepEqual([rows, count], [0, 0]);
});

test("every tile is hit at its corners, the gaps are not", () => {
  const layout = lay({ count: 30 });
  for (let slot = 0; slot < 30; slot++) {
    const { x, y, width, height } = tileRect(layout, slot);
    assert.deepEqual(slotAt(layout, { x, y }), { slot, u: 0, v: 0 });
    assert.equal(slotAt(layout, { x: x + width - 0.01, y: y + height - 0.01 }).slot, slot);
    assert.equal(slotAt(layout, { x: x + width + 0.5, y }), null);
    assert.equal(slotAt(layout, { x, y: y + height + 0.5 }), null);
  }
});

test("beyond the last tile and outside nothing is hit", () => {
  const layout = lay({ count: 14 }); // 7 a row would be full; here the last row may be short
  assert.equal(slotAt(layout, { x: 1, y: 1 }), null);
  assert.equal(slotAt(layout, { x: -5, y: 20 }), null);
  const beyond = tileRect(layout, layout.count);
  assert.equal(slotAt(layout, { x: beyond.x + 1, y: beyond.y + 1 }), null);
});

test("zooming keeps the point under the pointer", () => {
  const layout = lay({});
  const point = { x: 300, y: 120 };
  const before = unzoomed(WHOLE, point);
  const view = zoomedAbout(zoomedAbout(WHOLE, 2, point, layout), 1.5, point, layout);
  assert.equal(view.zoom, 3);
  assert.deepEqual(unzoomed(view, point), before);
});

test("zooming out ends with the whole, zooming in at 32", () => {
  const layout = lay({});
  const view = zoomedAbout(WHOLE, 4, { x: 700, y: 200 }, layout);
  assert.deepEqual(zoomedAbout(view, 0.1, { x: 0, y: 0 }, layout), WHOLE);
  assert.equal(zoomedAbout(view, 100, { x: 0, y: 0 }, layout).zoom, 32);
});

test("panning stops at the edges", () => {
  const layout = { width: 100, height: 60 };
  const view = { zoom: 2, x: 10, y: 10 };
  assert.deepEqual(pannedBy(view, 4, -4, layout), { zoom: 2, x: 8, y: 12 });
  assert.deepEqual(pannedBy(view, 999, 999, layout), { zoom: 2, x: 0, y: 0 });
  assert.deepEqual(pannedBy(view, -999, -999, layout), { zoom: 2, x: 50, y: 30 });
  assert.deepEqual(insideLayout({ zoom: 1, x: 7, y: 7 }, layout), WHOLE);
});

test("revealing moves no more than it takes", () => {
  const layout = { width: 100, height: 100 };
  const view = { zoom: 2, x: 0, y: 0 }; // shows 50 × 50
  const rect = (x, y) => ({ x, y, width: 10, height: 10 });
  assert.deepEqual(revealing(view, rect(20, 20), layout), view);
  assert.deepEqual(revealing(view, rect(60, 0), layout), { zoom: 2, x: 20, y: 0 });
  assert.deepEqual(revealing({ zoom: 2, x: 50, y: 50 }, rect(10, 55), layout), { zoom: 2, x: 10, y: 50 });
  const close = { zoom: 20, x: 0, y: 0 }; // shows 5 × 5, less than the tile
  assert.deepEqual(revealing(close, rect(30, 0), layout), { zoom: 20, x: 30, y: 0 });
});

test("zoomed rectangles lie on whole pixels and keep touching", () => {
  const view = { zoom: 1.37, x: 3.3, y: 1.1 };
  const left = zoomedRect(view, { x: 10, y: 5, width: 7, height: 7 });
  const right = zoomedRect(view, { x: 17, y: 5, width: 7, height: 7 });
  assert.equal(left.x + left.width, right.x);
  assert.ok([left.x, left.y, left.width, left.height].every(Number.isInteger));
});

test("order by number, or by mean with ties by number", () => {
  const means = [0.1, 0.5, -1, 0.5];
  assert.deepEqual(channelOrder("number", means), [0, 1, 2, 3]);
  assert.deepEqual(channelOrder("activity", means), [1, 3, 0, 2]);
});

test("page keys stay where there is no further page", () => {
  const after = (key, position, count) => positionAfter(key, position, { columns: 8, pageSize: 64, count });
  assert.deepEqual([after("PageDown", 5, 64), after("PageUp", 5, 64)], [5, 5]);
  assert.deepEqual([after("PageDown", 192, 200), after("PageUp", 63, 200)], [192, 63]);
  assert.deepEqual([after("PageDown", 63, 65), after("PageUp", 64, 65)], [64, 0]);
});

test("keys move by one, by row, by page and to the ends", () => {
  const sizes = { columns: 8, pageSize: 64, count: 200 };
  const after = (key, position) => positionAfter(key, position, sizes);
  assert.deepEqual([after("ArrowRight", 7), after("ArrowLeft", 8)], [8, 7]);
  assert.deepEqual([after("ArrowLeft", 0), after("ArrowRight", 199)], [0, 199]);
  assert.deepEqual([after("ArrowDown", 10), after("ArrowUp", 10)], [18, 2]);
  assert.deepEqual([after("ArrowUp", 3), after("ArrowDown", 195)], [3, 195]);
  assert.deepEqual([after("PageDown", 5), after("PageUp", 70), after("PageDown", 190)], [69, 6, 199]);
  assert.deepEqual([after("Home", 77), after("End", 77)], [0, 199]);
  assert.equal(after("a", 5), null);
});
