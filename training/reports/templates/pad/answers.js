"use strict";
// What the models say of 28 x 28 pixels, bar by bar; as one column while they all agree.

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
  return softmax(values);
}

function softmax(logits) {
  const most = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

const element = (kind, parent, className = "") => {
  const made = parent.appendChild(document.createElement(kind));
  made.className = className;
  return made;
};

/** A line for each class in `parent`, with a bar; what is returned shows chances, or none. */
function bars(parent, classes) {
  const list = element("ol", parent, "bars");
  const lines = classes.map((label) => {
    const line = element("li", list);
    element("span", line).textContent = label;
    const bar = element("span", element("span", line, "track"), "bar");
    return { line, bar, share: element("span", line) };
  });
  return (chances) => {
    const best = chances?.indexOf(Math.max(...chances));
    lines.forEach(({ line, bar, share }, i) => {
      bar.style.width = `${100 * (chances?.[i] ?? 0)}%`;
      share.textContent = chances ? `${(100 * chances[i]).toFixed(1)}%` : "";
      line.dataset.chance = chances?.[i] ?? "";
      line.classList.toggle("top", i === best);
    });
  };
}

/** The models of the pad: `answer(pixels)` asks all of them, `told()` is what they say. */
function answering() {
  const ALIKE = 0.0005; // what one decimal of a percentage does not show
  const blobs = data.pad.weights.map((text) => new Float32Array(decode(text).buffer));
  const models = data.pad.models.map((model) => ({ ...model, weights: blobs[model.weights] }));
  const all = document.getElementById("answers");
  const agreed = document.getElementById("agreed");
  const each = document.getElementById("each");
  const boxes = models.map((model) => {
    const box = element("div", all, "answer");
    const name = element("h3", box);
    document.addEventListener("redraw", () => (name.textContent = say(model.name)));
    const says = element("div", box, "says");
    return { says, shows: bars(box, model.classes) };
  });

  const sameClasses = models.every(({ classes }) => String(classes) === String(models[0].classes));

  /** Where all say the same, to the digits shown, one column stands for them. */
  function gather(chances) {
    const alike = (of) => of.every((chance, i) => Math.abs(chance - chances[0][i]) < ALIKE);
    const agree = models.length > 1 && sameClasses && chances.every(alike);
    all.classList.toggle("one", agree && !each.checked);
    agreed.hidden = !(agree && asked);
  }

  let asked = null; // the pixels
  function answer(pixels) {
    asked = pixels;
    const chances = models.map((model) => (pixels ? classify(pixels, model) : null));
    boxes.forEach(({ says, shows }, m) => {
      const best = chances[m]?.indexOf(Math.max(...chances[m]));
      says.textContent = pixels ? models[m].classes[best] : "–";
      shows(chances[m]);
    });
    gather(chances.map((of, m) => of ?? models[m].classes.map(() => 0)));
  }
  each.addEventListener("change", () => answer(asked));

  const told = () => models.map((model, m) => `${say(model.name)}: ${boxes[m].says.textContent}`).join(", ");
  return { models, answer, told };
}
