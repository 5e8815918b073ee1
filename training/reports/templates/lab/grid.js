"use strict";
// A canvas of cells, one of which is chosen: by pointing, by a tap, or by the arrow keys.

const CELL = 9; // pixels of the canvas

class Grid {
  /** `chosen(index)` is called when another cell is. */
  constructor(canvas, columns, rows, chosen) {
    Object.assign(this, { canvas, columns, rows, at: 0, chosen });
    [canvas.width, canvas.height] = [columns * CELL, rows * CELL];
    for (const kind of ["pointerdown", "pointermove"]) {
      canvas.addEventListener(kind, (event) => this.point(event));
    }
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  choose(index) {
    if (index === this.at) return;
    this.at = index;
    this.chosen(index);
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const part = (at, size, count) => Math.min(Math.max(Math.floor((at / size) * count), 0), count - 1);
    const column = part(event.clientX - box.left, box.width, this.columns);
    this.choose(column + this.columns * part(event.clientY - box.top, box.height, this.rows));
  }

  key(event) {
    const [column, row] = [this.at % this.columns, Math.floor(this.at / this.columns)];
    const to = {
      ArrowLeft: [column - 1, row],
      ArrowRight: [column + 1, row],
      ArrowUp: [column, row - 1],
      ArrowDown: [column, row + 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    if (to[0] >= 0 && to[0] < this.columns && to[1] >= 0 && to[1] < this.rows) {
      this.choose(to[0] + this.columns * to[1]);
    }
  }

  /** Fill each cell with `[red, green, blue]` of its index; frame the one that is chosen. */
  draw(colours) {
    const context = this.canvas.getContext("2d");
    for (let i = 0; i < this.columns * this.rows; i++) {
      context.fillStyle = `rgb(${colours(i).map(Math.round).join(" ")})`;
      context.fillRect((i % this.columns) * CELL, Math.floor(i / this.columns) * CELL, CELL, CELL);
    }
    const [x, y] = [(this.at % this.columns) * CELL, Math.floor(this.at / this.columns) * CELL];
    context.strokeStyle = colour("good");
    context.lineWidth = 2;
    context.strokeRect(x + 1, y + 1, CELL - 2, CELL - 2);
  }
}

/** Colours of numbers from -most to most: negative, none, positive. */
function shades(values) {
  const most = values.reduce((all, value) => Math.max(all, Math.abs(value)), 0) || 1;
  const [none, less, more] = ["raised", "negative", "positive"].map(rgb);
  return (i) => {
    const towards = values[i] < 0 ? less : more;
    return none.map((of, c) => of + ((towards[c] - of) * Math.abs(values[i])) / most);
  };
}
