/** All pictures on one sheet as it came from the kernel, decoded, and one of them drawn. */
import { bind, bytes } from "./dom.js";
import { paintPixels } from "./map_values.js";
import { placeOnSheet } from "./picture_layout.js";

/**
 * Follows the sheet of `model`. `asked()` is called when another has come, and `ready()` when it can
 * be drawn, never after a later one; `cells` and `draw` are of the one that is ready.
 */
export class PictureSheet {
  constructor(model, { asked, ready }) {
    this.model = model;
    this.listeners = { asked, ready };
    this.cells = null;
    this.came = this.turn = 0; // of sheets: the last that came, the one that is ready
  }

  start() {
    const unbind = bind(this.model, ["_sheet", "_cells"], () => this.read());
    return () => {
      unbind();
      this.turn = Infinity; // what is being decoded comes too late
    };
  }

  /** Whether a sheet has come that is not decoded yet. */
  get waiting() {
    return this.turn < this.came;
  }

  // both traits of a message are set before either change is told
  read() {
    const [data, cells] = [this.model.get("_sheet"), this.model.get("_cells")];
    if (data === this.data && cells === this.told) return;
    [this.data, this.told] = [data, cells];
    const turn = ++this.came;
    this.listeners.asked();
    if (cells.jpeg) createImageBitmap(new Blob([bytes(data)])).then((image) => this.show(turn, image, cells));
    else this.show(turn, exactSheet(bytes(data), cells), cells);
  }

  show(turn, image, cells) {
    if (turn < this.turn) return;
    [this.turn, this.image, this.cells] = [turn, image, cells];
    this.listeners.ready();
  }

  get count() {
    return this.cells?.count ?? 0;
  }

  /** Draws a picture in its own pixels; the canvas is cleared only where its size changes. */
  draw(canvas, index) {
    const { width, height, reduced } = this.cells;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const { x, y } = placeOnSheet(this.cells, index);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    // a part of a pixel of a reduced sheet may lie beyond the picture
    context.drawImage(this.image, x, y, width / reduced, height / reduced, 0, 0, width, height);
  }
}

function exactSheet(rgb, { count, columns, down, across }) {
  if (!count) return null;
  const [width, height] = [columns * across, Math.ceil(count / columns) * down];
  const image = new ImageData(width, height);
  paintPixels(rgb, new Uint32Array(image.data.buffer));
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
  return canvas;
}
