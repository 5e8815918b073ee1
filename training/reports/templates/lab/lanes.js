"use strict";
// Two lanes of the lab in lockstep, and where their bits part.

/** Where x lies among all float32 numbers, as an integer: neighbours are one apart. */
const placed = (() => {
  const number = new Float32Array(1);
  const view = new Int32Array(number.buffer);
  return (x) => {
    number[0] = x;
    return view[0] < 0 ? -(view[0] & 0x7fffffff) : view[0];
  };
})();

/** The 32 bits of a float32 number: sign, exponent, fraction. */
const bitsOf = (x) => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  return view.getUint32(0).toString(2).padStart(32, "0");
};

class Lanes {
  constructor(digits, initial, adam) {
    this.digits = digits;
    this.causes = new Set(); // of drift, in the second lane
    this.networks = [new Set(), this.causes].map((causes) => new Network(Float32Array, initial, adam, causes));
    this.losses = [[], []];
    this.apart = []; // ULP between both losses, by epoch
    this.parted = { loss: null, weight: null };
    this.differing = 0; // weights
  }

  get epochs() {
    return this.losses[0].length;
  }

  /** One epoch of both; yields after each row of each, so that whoever calls can rest. */
  *epoch() {
    const found = [];
    for (const network of this.networks) found.push(yield* network.epoch(this.digits));
    found.forEach((loss, lane) => this.losses[lane].push(loss));
    this.apart.push(Math.abs(placed(found[0]) - placed(found[1])));
    if (this.apart.at(-1)) this.parted.loss ??= { epoch: this.epochs - 1 };
    this.compare();
  }

  compare() {
    const [ours, theirs] = this.networks.map((network) => network.weights);
    this.differing = 0;
    for (const name of Object.keys(ours)) {
      const width = name === "W1" ? UNITS : CLASSES;
      for (let i = 0; i < ours[name].length; i++) {
        if (ours[name][i] === theirs[name][i]) continue;
        this.differing += 1;
        const place = name[0] === "W" ? `${Math.floor(i / width)}, ${i % width}` : i;
        this.parted.weight ??= { updates: this.epochs, name: `${name}[${place}]` };
      }
    }
  }
}
