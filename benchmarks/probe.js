/** How long from a key press to the frame in which a canvas or an image looks different. */
(() => {
  const SIDE = 32; // the target is looked at as so many points a side, whatever it is
  const PATIENCE = 10_000; // ms
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  const POINTS = 8; // a side, of each of many targets
  const many = Object.assign(document.createElement("canvas"), { width: 1, height: POINTS });
  const manyContext = many.getContext("2d", { willReadFrequently: true });

  /** The colours of the target's points; null while it is not there or not loaded. */
  function look(selector) {
    const target = document.querySelector(selector);
    if (!target || target.complete === false || !target.width) return null;
    context.clearRect(0, 0, SIDE, SIDE);
    context.drawImage(target, 0, 0, SIDE, SIDE);
    return new Uint32Array(context.getImageData(0, 0, SIDE, SIDE).data.buffer);
  }

  /** Calls `done(time)` with the end of each frame's work until it answers true. */
  function afterFrames(done) {
    // a message is handled after the frame: what other callbacks of the frame draw is seen
    const { port1, port2 } = new MessageChannel();
    const next = () => requestAnimationFrame(() => port2.postMessage(null));
    port1.onmessage = () => done(performance.now()) || next();
    next();
  }

  /** Resolves, after the next key press, with the ms until the target has changed. */
  window.keyToPixel = (selector) => {
    const before = look(selector);
    if (!before) throw new Error(`there is nothing to look at in ${selector}`);
    return new Promise((resolve, reject) => {
      const start = ({ timeStamp }) =>
        afterFrames((time) => {
          const now = look(selector);
          const changed = now?.some((colour, point) => colour !== before[point]);
          if (changed) resolve(time - timeStamp);
          else if (time - timeStamp > PATIENCE) reject(new Error(`no change in ${selector}`));
          return changed || time - timeStamp > PATIENCE;
        });
      addEventListener("keydown", start, { capture: true, once: true });
    });
  };

  /** The colours of points of all targets together, some points for each. */
  function lookAtAll(selector) {
    const targets = [...document.querySelectorAll(selector)].filter(({ width }) => width);
    many.width = POINTS * targets.length || 1;
    targets.forEach((target, i) => manyContext.drawImage(target, i * POINTS, 0, POINTS, POINTS));
    return new Uint32Array(manyContext.getImageData(0, 0, many.width, POINTS).data.buffer);
  }

  /** Resolves with the ms from the next event to each frame in which the targets have changed. */
  function changes(event, selector, isEnough) {
    return new Promise((resolve) => {
      const start = ({ timeStamp }) => {
        const times = [];
        let before = lookAtAll(selector);
        afterFrames((time) => {
          const now = lookAtAll(selector);
          const same = now.length === before.length && now.every((colour, i) => colour === before[i]);
          if (!same) times.push(time - timeStamp);
          before = now;
          const quiet = time - timeStamp - (times.at(-1) ?? 0);
          const done = isEnough(times.length, quiet);
          if (done) resolve(times);
          return done;
        });
      };
      addEventListener(event, start, { capture: true, once: true });
    });
  }

  /** So many changes after the next event; fewer if it takes too long. */
  window.changesAfter = (event, selector, count) =>
    changes(event, selector, (seen, quiet) => seen >= count || quiet > PATIENCE);

  /** All changes after the next event, until there was none for so many ms. */
  window.changesUntilQuiet = (event, selector, ms) =>
    changes(event, selector, (_, quiet) => quiet > ms);
})();
