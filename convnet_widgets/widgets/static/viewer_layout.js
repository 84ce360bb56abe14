/** Pure functions of the pictures in a panel: how large they are, in CSS pixels of the longer side. */

const SCALE_ROOM = 96; // a colour bar with its values
const PICTURE_GAP = 16;
const [LEAST_PICTURE, MOST_PICTURE] = [160, 360];
const [LEAST_KERNEL, MOST_KERNEL] = [80, 200];

function sharedWidth(width, pictures) {
  return Math.floor((width - SCALE_ROOM - PICTURE_GAP * (pictures - 1)) / pictures);
}

function between(least, value, most) {
  return Math.max(least, Math.min(value, most));
}

/** Of a photograph and a map beside it; or of the map alone, `aspect` times wider than high. */
export function pictureSize(width, photograph, aspect) {
  if (photograph) return between(LEAST_PICTURE, sharedWidth(width, 2), MOST_PICTURE);
  return between(LEAST_PICTURE, sharedWidth(width, 1), MOST_PICTURE * Math.max(1, aspect));
}

/** Of `pictures` kernels in a row. */
export function kernelSize(width, pictures) {
  return between(LEAST_KERNEL, sharedWidth(width, pictures), MOST_KERNEL);
}
