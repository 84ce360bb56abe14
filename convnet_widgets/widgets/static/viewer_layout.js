/** Pure functions of the pictures in a panel: how large they are, in CSS pixels of the longer side. */

const SCALE_ROOM = 96; // a colour bar with its values
const PICTURE_GAP = 16;
const READINGS_ROOM = 200;
const [LEAST_PICTURE, MOST_PICTURE] = [160, 360];
const ENOUGH = 320; // for pictures to leave room for the readings beside them
const [LEAST_KERNEL, MOST_KERNEL] = [80, 200];

function sharedWidth(width, pictures) {
  return Math.floor((width - SCALE_ROOM - PICTURE_GAP * (pictures - 1)) / pictures);
}

function between(least, value, most) {
  return Math.max(least, Math.min(value, most));
}

/** Of a photograph and a map beside it; or of the map alone, `aspect` times wider than high. */
export function pictureSize(width, photograph, aspect) {
  const beside = sharedWidth(width - READINGS_ROOM - PICTURE_GAP, 2);
  const shared = beside >= ENOUGH ? beside : sharedWidth(width, 2);
  if (photograph) return between(LEAST_PICTURE, shared, MOST_PICTURE);
  return between(LEAST_PICTURE, sharedWidth(width, 1), MOST_PICTURE * Math.max(1, aspect));
}

/** Of `pictures` kernels in a row. */
export function kernelSize(width, pictures) {
  return between(LEAST_KERNEL, sharedWidth(width, pictures), MOST_KERNEL);
}
