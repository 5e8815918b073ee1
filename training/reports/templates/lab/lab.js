"use strict";
// The lab: both lanes train while you watch, a slice of each frame, and say where their bits part.

/** Numbers [name -> array] out of one stretch of float32, by `shapes`. */
function cut(numbers, shapes) {
  let at = 0;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, numbers.subarray(at, (at += size))];
    }),
  );
}

/** What the lab needs, out of the page: digits, initial weights, the run's on the way, Adam's numbers. */
async function opened({ pixels, labels, weights, shapes, adam, recorded }) {
  const [bytes, numbers] = await Promise.all([inflate(pixels), inflate(weights)]);
  const initial = cut(new Float32Array(numbers.buffer), shapes);
  const { W1, ...others } = shapes;
  const later = recorded.map(async (one) => ({
    epochs: one.epochs,
    weights: {
      W1: (await unrounded(one.W1)).map((moved, i) => initial.W1[i] + moved),
      ...cut(new Float32Array(decode(one.others).buffer), others),
    },
  }));
  return { bytes, digits: sparse(bytes, labels), initial, adam, recorded: await Promise.all(later) };
}

const lab = data.lab && { ready: opened(data.lab), lanes: null, changed: new EventTarget(), weights: null };

lab?.ready.then(({ digits, initial, adam }) => {
  const SLICE = 8; // milliseconds of a frame's 16
  const $ = (id) => document.getElementById(`lab-${id}`);
  const switches = [...document.querySelectorAll("[name=lab-cause]")];
  let epoch = null; // what is under way
  let running = false;
  let frame = 0; // of the next slice, if there is one

  lab.weights = () => lab.lanes.networks[0].weights;

  function start() {
    running = false;
    epoch = null;
    lab.lanes = new Lanes(digits, initial, adam);
    turn();
    show();
  }

  function turn() {
    lab.lanes.causes.clear();
    for (const one of switches) if (one.checked) lab.lanes.causes.add(one.value);
  }

  /** Train for a slice of this frame, and go on in the next one. */
  function slice() {
    frame = 0;
    const until = performance.now() + SLICE;
    epoch ??= lab.lanes.epoch();
    let done = false;
    while (!done && performance.now() < until) done = epoch.next().done;
    if (done) {
      epoch = null;
      show();
    }
    if (running || epoch) frame = requestAnimationFrame(slice);
  }
  const go = () => (frame ||= requestAnimationFrame(slice));

  function show() {
    const { losses, apart, networks, epochs } = lab.lanes;
    $("run").textContent = say(running ? ["Pause", "暂停"] : ["Run", "运行"]);
    $("epochs").textContent = epochs;
    $("right").textContent = epochs ? `${networks[0].right} / ${digits.rows}` : "–";
    curves($("loss"), [
      { values: losses[0], colour: "c0", width: 5, opacity: 0.45 },
      { values: losses[1], colour: "c2", dash: "6 4" },
    ]);
    curves($("apart"), [{ values: apart, colour: "c2" }], { log: true });
    losses.forEach((of, lane) => spell($(`bits-${lane}`), of.at(-1), losses[1 - lane].at(-1)));
    tell();
    lab.changed.dispatchEvent(new Event("trained"));
  }

  /** A loss and its bits, those marked that the other lane has otherwise. */
  function spell(row, loss, other) {
    row.querySelector("output").textContent = loss === undefined ? "–" : shortest(loss);
    const bits = row.querySelector("code");
    bits.replaceChildren();
    if (loss === undefined) return;
    const theirs = bitsOf(other);
    [...bitsOf(loss)].forEach((bit, i) => {
      element(bit === theirs[i] ? "span" : "mark", bits).textContent = bit + (i === 0 || i === 8 ? " " : "");
    });
  }

  /** Digits enough to tell a float32 from its neighbours. */
  function shortest(number) {
    for (let digits = 6; digits < 9; digits++) {
      const text = number.toPrecision(digits);
      if (Math.fround(Number(text)) === number) return String(Number(text));
    }
    return number.toPrecision(9);
  }

  function tell() {
    const { parted, differing, epochs, apart } = lab.lanes;
    const lines = [];
    if (epochs && !parted.weight && !parted.loss) {
      lines.push(["Every bit of both lanes is equal so far.", "到目前为止，两条路线的每个比特都相同。"]);
    }
    if (parted.weight) {
      const { updates, name } = parted.weight;
      lines.push([
        `The first weight to differ is ${name}, after update ${updates}; ${differing.toLocaleString("en")} differ now.`,
        `最先不同的权重是 ${name}（第 ${updates} 次更新之后）；现在有 ${differing.toLocaleString("en")} 个不同。`,
      ]);
    }
    if (parted.loss) {
      const ulp = apart.at(-1).toLocaleString("en");
      lines.push([
        `The losses first differ at epoch ${parted.loss.epoch}; they are ${ulp} ULP apart now.`,
        `损失最先在 epoch ${parted.loss.epoch} 不同；现在相隔 ${ulp} ULP。`,
      ]);
    }
    $("parted").replaceChildren();
    for (const line of lines) element("li", $("parted")).textContent = say(line);
  }

  $("step").addEventListener("click", () => {
    running = false;
    go();
    show();
  });
  $("run").addEventListener("click", () => {
    running = !running;
    if (running) go();
    show();
  });
  $("again").addEventListener("click", start);
  for (const one of switches) one.addEventListener("change", turn);
  document.addEventListener("redraw", show);
  new ResizeObserver(show).observe($("loss"));
  start();
});
