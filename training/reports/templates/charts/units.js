"use strict";
// The weights of the hidden units as pictures: before training, after it, and what moved.

(async () => {
  const SIDE = 28;
  const GAP = 1;
  const figure = document.getElementById("units");
  const canvas = figure.querySelector("canvas");
  const byUnit = ({ W1 }) => W1.map((_, i) => W1[(i % 784) * data.units.count + Math.floor(i / 784)]);
  const before = data.units.before ? await unrounded(data.units.before) : byUnit((await lab.ready).initial);
  const changes = await Promise.all(Object.values(data.units.changes).map(unrounded));
  const OUTSHONE = 0.002; // of the weights are larger than what has the full colour

  const large = (values) => {
    const sizes = values.map(Math.abs).sort();
    return sizes[Math.floor((1 - OUTSHONE) * (sizes.length - 1))] || 1;
  };

  function shown() {
    const view = chosen(figure, "units-view");
    const change = changes[chosen(figure, "units-lane")];
    return [before, before.map((value, i) => value + change[i]), change][view];
  }

  function draw() {
    const columns = innerWidth < 640 ? 8 : 16;
    const count = data.units.count;
    const step = SIDE + GAP;
    canvas.width = columns * step - GAP;
    canvas.height = Math.ceil(count / columns) * step - GAP;
    const values = shown();
    const most = large(values);
    const [page, less, more] = ["raised", "negative", "positive"].map(rgb);
    const context = canvas.getContext("2d");
    const image = context.createImageData(canvas.width, canvas.height);
    for (let i = 0; i < values.length; i++) {
      const unit = Math.floor(i / (SIDE * SIDE));
      const pixel = i % (SIDE * SIDE);
      const x = (unit % columns) * step + (pixel % SIDE);
      const y = Math.floor(unit / columns) * step + Math.floor(pixel / SIDE);
      const share = Math.min(Math.abs(values[i]) / most, 1);
      const towards = values[i] < 0 ? less : more;
      const at = 4 * (y * canvas.width + x);
      for (let c = 0; c < 3; c++) image.data[at + c] = page[c] + (towards[c] - page[c]) * share;
      image.data[at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    figure.querySelector("output").textContent = most.toPrecision(3);
  }

  figure.addEventListener("change", draw);
  document.addEventListener("redraw", draw);
  draw();
})();
