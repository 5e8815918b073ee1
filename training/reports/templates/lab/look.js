"use strict";
// One digit through the model, number by number: from a pixel to a hidden unit to a class.

lab?.ready.then(({ bytes, digits, initial, adam, recorded }) => {
  const $ = (id) => document.getElementById(`look-${id}`);
  const reader = new Network(Float32Array, initial, adam);
  const classes = [...document.querySelectorAll("[name=look-class]")];
  const shows = bars($("chances"), classes.map((_, k) => String(k)));
  const ink = new Grid($("ink"), 28, 28, (i) => pick(i));
  const shares = new Grid($("shares"), 28, 28, (i) => pick(i));
  const hidden = new Grid($("hidden"), 16, 8, () => show());
  const epoch = $("epoch");
  const stops = [{ epochs: data.lab.first, weights: initial }, ...recorded]; // of the run
  let row = 0;

  function pick(pixel) {
    [ink.at, shares.at] = [pixel, pixel];
    show();
  }

  /** Another digit: its most inked pixel, its most active unit, its own class. */
  function open() {
    const of = $("row");
    row = Math.min(Math.max(Math.trunc(of.value), 0), digits.rows - 1) || 0;
    of.value = row;
    const pixels = bytes.subarray(784 * row, 784 * row + 784);
    [ink.at, shares.at] = [pixels.indexOf(Math.max(...pixels)), pixels.indexOf(Math.max(...pixels))];
    classes[digits.labels[row]].checked = true;
    read();
    hidden.at = reader.hidden.indexOf(Math.max(...reader.hidden));
    show();
  }

  function read() {
    const stop = $("live").checked ? null : stops[epoch.value];
    reader.weights = stop?.weights ?? lab.weights();
    const { epochs } = stops[epoch.value];
    const many = epochs.toLocaleString("en");
    const when = [`after ${many} epoch${epochs === 1 ? "" : "s"}`, `${many} 个 epoch 之后`];
    $("when").textContent = say(epochs ? when : ["before training", "训练之前"]);
    epoch.setAttribute("aria-valuetext", $("when").textContent);
    reader.forward(digits, row);
  }

  function show() {
    read();
    const { W1, b1, W2, b2 } = reader.weights;
    const [i, j, k] = [ink.at, hidden.at, classes.findIndex((one) => one.checked)];
    const x = Float32Array.from(bytes.subarray(784 * row, 784 * row + 784), (byte) => byte / 255);
    const into = x.map((of, pixel) => of * W1[pixel * UNITS + j]);
    const out = reader.hidden.map((of, unit) => of * W2[unit * CLASSES + k]);
    ink.draw((pixel) => [0, 0, 0].fill(255 * x[pixel]));
    shares.draw(shades(into));
    hidden.draw(shades(out));
    const chances = softmax(Array.from(reader.logits));
    shows(chances);
    const sum = (of) => of.reduce((a, b) => a + b, 0);
    const n = (of) => (Number.isInteger(of) ? of : Number(of.toPrecision(4))).toString().replace("-", "−");
    const lines = {
      truth: [`It is a ${digits.labels[row]}.`, `真实数字：${digits.labels[row]}。`],
      pixel: [
        `Pixel in row ${Math.floor(i / 28)}, column ${i % 28}: ${Math.round(255 * x[i])} / 255 = ${n(x[i])}`,
        `第 ${Math.floor(i / 28)} 行第 ${i % 28} 列的像素：${Math.round(255 * x[i])} / 255 = ${n(x[i])}`,
      ],
      weight: `${n(x[i])} × W1[${i}, ${j}] (${n(W1[i * UNITS + j])}) = ${n(into[i])}`,
      unit: [
        `Hidden unit ${j}: the sum of all 784, ${n(sum(into))}, + b1 (${n(b1[j])}), relu: ${n(reader.hidden[j])}`,
        `隐藏单元 ${j}：全部 784 个之和 ${n(sum(into))} + b1 (${n(b1[j])})，relu：${n(reader.hidden[j])}`,
      ],
      out: `${n(reader.hidden[j])} × W2[${j}, ${k}] (${n(W2[j * CLASSES + k])}) = ${n(out[j])}`,
      logit: [
        `Class ${k}: the sum of all 128, ${n(sum(out))}, + b2 (${n(b2[k])}) = ${n(reader.logits[k])}; softmax ${(100 * chances[k]).toFixed(1)}%`,
        `类别 ${k}：全部 128 个之和 ${n(sum(out))} + b2 (${n(b2[k])}) = ${n(reader.logits[k])}；softmax ${(100 * chances[k]).toFixed(1)}%`,
      ],
    };
    for (const [id, line] of Object.entries(lines)) $(id).textContent = say(line);
  }

  for (const [id, step] of [["before", -1], ["after", 1]]) {
    $(id).addEventListener("click", () => {
      $("row").value = (row + step + digits.rows) % digits.rows;
      open();
    });
  }
  $("row").addEventListener("change", open);
  for (const one of classes) one.addEventListener("change", show);
  $("chances").querySelectorAll("li").forEach((line, k) => {
    line.addEventListener("pointerenter", () => {
      classes[k].checked = true;
      show();
    });
  });
  epoch.max = epoch.value = stops.length - 1;
  epoch.addEventListener("input", () => {
    $("recorded").checked = true;
    show();
  });
  for (const one of [$("live"), $("recorded")]) one.addEventListener("change", show);
  document.addEventListener("redraw", show);
  lab.changed.addEventListener("trained", show);
  open();
});
