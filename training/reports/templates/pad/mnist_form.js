"use strict";
// A drawing in MNIST's form, as training/data/images.py's mnist_form makes it, in the same order of
// operations and roundings: cropped, scaled into 20 x 20 (Lanczos, as Pillow does it), centred by
// mass in 28 x 28.

const mnistForm = (() => {
  const SIDE = 28;
  const BOX = 20;
  const CENTRE = 14;
  const SUPPORT = 3;
  const f32 = Math.fround;

  /** To the nearest, ties to even: Python's and NumPy's rounding. */
  function rint(x) {
    const below = Math.floor(x);
    if (x - below !== 0.5) return Math.round(x);
    return below % 2 === 0 ? below : below + 1;
  }

  const sinc = (x) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));
  const lanczos = (x) => (x >= -SUPPORT && x < SUPPORT ? sinc(x) * sinc(x / SUPPORT) : 0);

  /** For each of `size` outputs: where its inputs begin, of `length`, and their weights. */
  function weights(length, size) {
    const scale = length / size;
    const wide = Math.max(scale, 1);
    return Array.from({ length: size }, (_, at) => {
      const centre = (at + 0.5) * scale;
      const first = Math.max(0, Math.trunc(centre - SUPPORT * wide + 0.5));
      const end = Math.min(length, Math.trunc(centre + SUPPORT * wide + 0.5));
      const found = [];
      for (let x = first; x < end; x++) found.push(lanczos((x - centre + 0.5) * (1 / wide)));
      const sum = found.reduce((a, b) => a + b, 0);
      return { first, share: found.map((weight) => weight / sum) };
    });
  }

  /** [height, width] -> [height, size]. */
  function resizeRows(from, height, width, size) {
    if (size === width) return from;
    const to = new Float32Array(height * size);
    weights(width, size).forEach(({ first, share }, at) => {
      for (let y = 0; y < height; y++) {
        let sum = 0;
        for (let i = 0; i < share.length; i++) sum += from[y * width + first + i] * share[i];
        to[y * size + at] = sum;
      }
    });
    return to;
  }

  function transposed(from, height, width) {
    return Float32Array.from(from, (_, i) => from[(i % height) * width + Math.floor(i / height)]);
  }

  function resize(from, height, width, newHeight, newWidth) {
    const wide = resizeRows(from, height, width, newWidth);
    const turned = resizeRows(transposed(wide, height, newWidth), newWidth, height, newHeight);
    return transposed(turned, newWidth, newHeight);
  }

  /** The sum of a row as NumPy adds float32: eight at a time, then pairs of those. */
  function rowSum(row) {
    const whole = row.length - (row.length % 8);
    let sum = 0;
    if (whole) {
      const r = Float32Array.from(row.subarray(0, 8));
      for (let i = 8; i < whole; i++) r[i % 8] += row[i];
      sum = f32(f32(f32(r[0] + r[1]) + f32(r[2] + r[3])) + f32(f32(r[4] + r[5]) + f32(r[6] + r[7])));
    }
    for (let i = whole; i < row.length; i++) sum = f32(sum + row[i]);
    return sum;
  }

  /** Where `mass` is to begin for its centre to fall on CENTRE. */
  function start(mass) {
    const total = mass.reduce((sum, m) => sum + m, 0);
    const centre = mass.reduce((sum, m, i) => sum + m * i, 0) / total;
    return Math.min(Math.max(rint(CENTRE - centre), 0), SIDE - mass.length);
  }

  /** Ink [height, width] from 0 to 1, paper 0 -> [784] bytes; null where there is none. */
  return function mnistForm(ink, height, width) {
    let [top, bottom, left, right] = [height, -1, width, -1];
    for (let i = 0; i < ink.length; i++) {
      if (!(ink[i] > 0)) continue;
      const [y, x] = [Math.floor(i / width), i % width];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      [left, right] = [Math.min(left, x), Math.max(right, x)];
    }
    if (bottom < 0) return null;
    let [h, w] = [bottom - top + 1, right - left + 1];
    let cut = new Float32Array(h * w);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) cut[y * w + x] = ink[(top + y) * width + left + x];
    }
    const scale = BOX / Math.max(h, w);
    if (scale !== 1) {
      const [newH, newW] = [h, w].map((n) => Math.max(1, rint(n * scale)));
      cut = resize(cut, h, w, newH, newW).map((value) => Math.max(value, 0));
      [h, w] = [newH, newW];
      const most = cut.reduce((a, b) => Math.max(a, b), 0);
      cut = cut.map((value) => value / most);
    }
    const rows = Float32Array.from({ length: h }, (_, y) => rowSum(cut.subarray(y * w, (y + 1) * w)));
    const columns = new Float32Array(w);
    for (let i = 0; i < cut.length; i++) columns[i % w] += cut[i];
    const [down, across] = [start(rows), start(columns)];
    const placed = new Uint8Array(SIDE * SIDE);
    for (let i = 0; i < cut.length; i++) {
      const at = (down + Math.floor(i / w)) * SIDE + across + (i % w);
      placed[at] = Math.min(Math.max(rint(f32(cut[i] * 255)), 0), 255);
    }
    return placed;
  };
})();
