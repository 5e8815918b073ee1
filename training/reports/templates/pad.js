"use strict";
// The pad: what the models say of a drawing, bar by bar, as it is drawn.

/** Softmax of a stack of Dense layers with ReLU between them, for [784] bytes. */
function classify(pixels, { widths, weights }) {
  let values = Array.from(pixels, (byte) => Math.fround(byte / 255));
  let at = 0;
  for (let layer = 1; layer < widths.length; layer++) {
    const [inputs, outputs] = [widths[layer - 1], widths[layer]];
    const bias = at + inputs * outputs;
    const next = Array.from(weights.subarray(bias, bias + outputs));
    values.forEach((value, i) => {
      if (value === 0) return;
      for (let j = 0; j < outputs; j++) next[j] += value * weights[at + i * outputs + j];
    });
    at = bias + outputs;
    values = layer + 1 < widths.length ? next.map((value) => Math.max(value, 0)) : next;
  }
  const most = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function show(canvas, pixels) {
  const context = canvas.getContext("2d", { willReadFrequently: true }); // too small for a GPU
  const image = context.createImageData(28, 28);
  pixels.forEach((byte, i) => image.data.set([byte, byte, byte, 255], 4 * i));
  context.putImageData(image, 0, 0);
}

const pad = document.getElementById("pad");

if (pad) {
  const PEN = 22; // of 280: MNIST's strokes are two or three of 20
  const STEP = 7; // of an arrow key
  const context = pad.getContext("2d", { willReadFrequently: true });
  const seen = document.getElementById("seen");
  const heard = document.getElementById("heard");
  const truth = document.getElementById("truth"); // of a test row that was chosen
  const empty = document.getElementById("empty"); // what the pad says until something is drawn
  const blobs = data.pad.weights.map((text) => new Float32Array(decode(text).buffer));
  const models = data.pad.models.map((model) => ({ ...model, weights: blobs[model.weights] }));
  let last = null; // where the pen is, if it is down
  let keys = { x: 140, y: 60, down: false };

  Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });

  const element = (kind, parent, className = "") => {
    const made = parent.appendChild(document.createElement(kind));
    made.className = className;
    return made;
  };
  const answers = models.map((model) => {
    const box = element("div", document.getElementById("answers"), "answer");
    const name = element("h3", box);
    document.addEventListener("redraw", () => (name.textContent = say(model.name)));
    const says = element("div", box, "says");
    const list = element("ol", box);
    const lines = model.classes.map((label) => {
      const line = element("li", list);
      element("span", line).textContent = label;
      const bar = element("span", element("span", line, "track"), "bar");
      return { line, bar, share: element("span", line) };
    });
    return { says, lines };
  });

  function answer(pixels) {
    models.forEach((model, m) => {
      const chances = pixels ? classify(pixels, model) : model.classes.map(() => 0);
      const best = chances.indexOf(Math.max(...chances));
      answers[m].says.textContent = pixels ? model.classes[best] : "–";
      answers[m].lines.forEach(({ line, bar, share }, i) => {
        bar.style.width = `${100 * chances[i]}%`;
        share.textContent = pixels ? `${(100 * chances[i]).toFixed(1)}%` : "";
        line.dataset.chance = pixels ? chances[i] : "";
        line.classList.toggle("top", Boolean(pixels) && i === best);
      });
    });
    show(seen, pixels ?? new Uint8Array(784));
  }

  function look() {
    const { data: rgba, width, height } = context.getImageData(0, 0, pad.width, pad.height);
    const ink = Float32Array.from({ length: width * height }, (_, i) => rgba[4 * i + 3] / 255);
    answer(mnistForm(ink, height, width));
  }

  let waiting = false;
  function lookSoon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      look();
    });
  }

  function tell() {
    heard.textContent = models.map((model, m) => `${say(model.name)}: ${answers[m].says.textContent}`).join(", ");
  }

  function tellTruth() {
    const name = truth.dataset.class;
    truth.textContent = name && say([`it is: ${name}`, `真实类别：${name}`]);
  }
  document.addEventListener("redraw", tellTruth);

  function line(from, to) {
    empty.hidden = true;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x + 0.001, to.y); // of no length, it would leave no dot
    context.stroke();
    lookSoon();
  }

  function clear() {
    context.clearRect(0, 0, pad.width, pad.height);
    empty.hidden = false;
    last = null;
    answer(null);
    heard.textContent = "";
    truth.dataset.class = "";
    tellTruth();
  }

  const place = (event) => {
    const box = pad.getBoundingClientRect();
    const scale = pad.width / pad.clientWidth;
    return {
      x: (event.clientX - box.left - pad.clientLeft) * scale,
      y: (event.clientY - box.top - pad.clientTop) * scale,
    };
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last);
  });
  pad.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const here = place(one);
      line(last, here);
      last = here;
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    pad.addEventListener(end, () => {
      last = null;
      look();
      tell();
    });
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  pad.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const to = Object.assign({}, keys);
      to.x = Math.min(Math.max(keys.x + STEP * arrow[0], PEN), pad.width - PEN);
      to.y = Math.min(Math.max(keys.y + STEP * arrow[1], PEN), pad.height - PEN);
      if (keys.down) line(keys, to);
      keys = to;
    } else if (event.key === " ") {
      keys.down = !keys.down;
      if (keys.down) line(keys, keys);
      else {
        look();
        tell();
      }
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
      keys.down = false;
    } else return;
    event.preventDefault();
  });

  document.getElementById("clear").addEventListener("click", clear);
  for (const button of document.querySelectorAll("[data-digit]")) {
    button.addEventListener("click", () => {
      clear();
      const chosen = data.misread[button.dataset.digit];
      answer(decode(chosen.pixels));
      truth.dataset.class = chosen.class;
      tellTruth();
      tell();
      pad.scrollIntoView({ block: "center" });
    });
  }
  clear();
}

for (const button of document.querySelectorAll("[data-digit]")) {
  show(button.querySelector("canvas"), decode(data.misread[button.dataset.digit].pixels));
}
