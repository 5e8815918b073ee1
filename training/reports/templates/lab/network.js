"use strict";
// The article's model and its Adam: in Float64Array what the numpy lane computes, in Float32Array
// the same with every number that is stored rounded to float32, running sums included.

const UNITS = 128;
const CLASSES = 10;
const KERAS_EPSILON = 1e-7;
const PARTS = 8; // sums of a bias' gradient that are added up at the end, where its order differs

/** Bytes [rows, 784] -> where each row begins, and of its ink which pixels, and how much. */
function sparse(bytes, labels) {
  const starts = [0];
  const pixels = [];
  bytes.forEach((byte, i) => {
    if (byte) pixels.push(i % 784);
    if (i % 784 === 783) starts.push(pixels.length);
  });
  return { rows: labels.length, labels, starts, pixels, ink: Float32Array.from(bytes.filter(Boolean), (b) => b / 255) };
}

class Network {
  /** `causes` of drift that are on, as tf1keras ablate calls them. */
  constructor(Numbers, weights, adam, causes = new Set()) {
    const like = () => Object.fromEntries(Object.entries(weights).map(([name, of]) => [name, new Numbers(of.length)]));
    this.Numbers = Numbers;
    this.round = Numbers === Float32Array ? Math.fround : (number) => number;
    this.weights = Object.fromEntries(Object.entries(weights).map(([name, of]) => [name, Numbers.from(of)]));
    this.adam = adam;
    this.causes = causes;
    this.powers = adam.betas.map(Math.fround); // float32 in the numpy lane, too
    [this.m, this.v, this.gradients] = [like(), like(), like()];
    this.parts = { b1: new Numbers(PARTS * UNITS), b2: new Numbers(PARTS * CLASSES) };
    [this.hidden, this.towards] = [new Numbers(UNITS), new Numbers(UNITS)];
    [this.logits, this.change] = [new Numbers(CLASSES), new Numbers(CLASSES)];
  }

  /** A full batch and its update, yielding after each row; returns the loss before the update. */
  *epoch(digits) {
    for (const of of [...Object.values(this.gradients), ...Object.values(this.parts)]) of.fill(0);
    const sum = new this.Numbers(1);
    this.right = 0;
    for (let row = 0; row < digits.rows; row++) {
      this.forward(digits, row);
      sum[0] += this.error(digits.labels[row], digits.rows);
      this.backward(digits, row);
      yield;
    }
    this.adjust();
    return this.round(sum[0] / digits.rows);
  }

  /** x @ W1 + b1, relu, @ W2 + b2. */
  forward({ starts, pixels, ink }, row) {
    const { W1, b1, W2, b2 } = this.weights;
    const { hidden, logits } = this;
    hidden.fill(0);
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      const [x, from] = [ink[at], pixels[at] * UNITS];
      for (let j = 0; j < UNITS; j++) hidden[j] += x * W1[from + j];
    }
    for (let j = 0; j < UNITS; j++) hidden[j] = Math.max(hidden[j] + b1[j], 0);
    logits.fill(0);
    for (let j = 0; j < UNITS; j++) {
      if (hidden[j] === 0) continue;
      for (let k = 0; k < CLASSES; k++) logits[k] += hidden[j] * W2[j * CLASSES + k];
    }
    for (let k = 0; k < CLASSES; k++) logits[k] += b2[k];
  }

  /** Softmax cross-entropy of a row; leaves dC/dlogits, C being the mean over `rows`. */
  error(label, rows) {
    const { logits, change, round } = this;
    const most = Math.max(...logits);
    this.right += logits[label] === most;
    let sum = 0;
    for (let k = 0; k < CLASSES; k++) {
      change[k] = logits[k] - most; // softmax stays, exp cannot overflow
      sum = round(sum + round(Math.exp(change[k])));
    }
    const log = round(Math.log(sum));
    const loss = -round(change[label] - log);
    for (let k = 0; k < CLASSES; k++) {
      change[k] = (round(Math.exp(round(change[k] - log))) - (k === label)) / rows;
    }
    return loss;
  }

  backward({ starts, pixels, ink }, row) {
    const { hidden, towards, change, gradients, parts } = this;
    const { W2 } = this.weights;
    const part = this.causes.has("bias_add") ? row % PARTS : 0;
    for (let k = 0; k < CLASSES; k++) parts.b2[part * CLASSES + k] += change[k];
    for (let j = 0; j < UNITS; j++) {
      towards[j] = 0;
      if (hidden[j] === 0) continue;
      for (let k = 0; k < CLASSES; k++) {
        gradients.W2[j * CLASSES + k] += hidden[j] * change[k];
        towards[j] += change[k] * W2[j * CLASSES + k];
      }
      parts.b1[part * UNITS + j] += towards[j];
    }
    for (let at = starts[row]; at < starts[row + 1]; at++) {
      const [x, from] = [ink[at], pixels[at] * UNITS];
      for (let j = 0; j < UNITS; j++) gradients.W1[from + j] += x * towards[j];
    }
  }

  /** Adam, in TensorFlow 1's order of operations. */
  adjust() {
    const { round, adam, powers, gradients, parts } = this;
    for (const [name, of] of Object.entries(parts)) {
      const bias = gradients[name];
      for (let i = 0; i < of.length; i++) bias[i % bias.length] += of[i];
    }
    const [left1, left2] = adam.betas.map((beta) => round(1 - (this.causes.has("one_minus_beta") ? beta : Math.fround(beta))));
    const epsilon = round(this.causes.has("epsilon") ? KERAS_EPSILON : Math.fround(adam.epsilon));
    const corrected = round(Math.fround(adam.rate) * round(Math.sqrt(round(1 - powers[1]))));
    const alpha = round(corrected / round(1 - powers[0]));
    for (const [name, weights] of Object.entries(this.weights)) {
      const [m, v, gradient] = [this.m[name], this.v[name], gradients[name]];
      for (let i = 0; i < weights.length; i++) {
        m[i] += (gradient[i] - m[i]) * left1;
        v[i] += (gradient[i] * gradient[i] - v[i]) * left2;
        weights[i] -= (m[i] * alpha) / (Math.sqrt(v[i]) + epsilon);
      }
    }
    this.powers = powers.map((power, i) => Math.fround(power * Math.fround(adam.betas[i])));
  }
}
