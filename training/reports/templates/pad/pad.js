"use strict";
// The pad: what is drawn on it, or a test digit that was chosen, is given to the models.

function show(canvas, pixels) {
  const context = canvas.getContext("2d", { willReadFrequently: true }); // too small for a GPU
  const image = context.createImageData(28, 28);
  pixels.forEach((byte, i) => image.data.set([byte, byte, byte, 255], 4 * i));
  context.putImageData(image, 0, 0);
}

/** Ink [height, width] from 0 to 1 as it lies, made smaller: [784] bytes; null where there is none. */
function shrunk(ink, height, width) {
  const [down, across] = [height / 28, width / 28];
  const sums = new Float32Array(784);
  ink.forEach((of, i) => {
    sums[28 * Math.floor(i / width / down) + Math.floor((i % width) / across)] += of;
  });
  return sums.some(Boolean) ? Uint8Array.from(sums, (sum) => Math.round((255 * sum) / down / across)) : null;
}

const pad = document.getElementById("pad");

const asking = pad && answering();

if (pad) {
  const PEN = 22; // of 280: MNIST's strokes are two or three of 20
  const STEP = 7; // of an arrow key
  const context = pad.getContext("2d", { willReadFrequently: true });
  const seen = document.getElementById("seen");
  const heard = document.getElementById("heard");
  const truth = document.getElementById("truth"); // of a test row that was chosen
  const empty = document.getElementById("empty"); // what the pad says until something is drawn
  const back = document.getElementById("back"); // to the digits that are misread
  const centred = document.getElementById("centred");
  let last = null; // where the pen is, if it is down
  let keys = { x: 140, y: 60, down: false };

  Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });

  function answer(pixels) {
    asking.answer(pixels);
    show(seen, pixels ?? new Uint8Array(784));
  }

  function look() {
    const { data: rgba, width, height } = context.getImageData(0, 0, pad.width, pad.height);
    const ink = Float32Array.from({ length: width * height }, (_, i) => rgba[4 * i + 3] / 255);
    answer((centred.checked ? mnistForm : shrunk)(ink, height, width));
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
    heard.textContent = asking.told();
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
    back.hidden = true;
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

  /** Put a digit of the test rows on the pad, a square a pixel; the models get its own pixels. */
  function put(digit, from) {
    clear();
    const pixels = decode(digit.pixels);
    pixels.forEach((byte, i) => {
      context.fillStyle = `rgb(0 0 0 / ${byte / 255})`;
      context.fillRect(10 * (i % 28), 10 * Math.floor(i / 28), 10, 10);
    });
    empty.hidden = true;
    answer(pixels);
    truth.dataset.class = digit.class;
    tellTruth();
    tell();
    back.hidden = false;
    back.onclick = () => {
      back.hidden = true;
      from.focus({ preventScroll: true });
      from.scrollIntoView({ block: "center" });
    };
    pad.scrollIntoView({ block: "center" });
    pad.focus({ preventScroll: true });
  }

  centred.addEventListener("change", look);
  document.getElementById("clear").addEventListener("click", clear);
  for (const button of document.querySelectorAll("[data-digit]")) {
    button.addEventListener("click", () => put(data.misread[button.dataset.digit], button));
  }
  clear();
}

for (const button of document.querySelectorAll("[data-digit]")) {
  show(button.querySelector("canvas"), decode(data.misread[button.dataset.digit].pixels));
}
