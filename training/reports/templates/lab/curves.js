"use strict";
// Small curves that are drawn anew as they grow: by epoch, of one lane or both.

function drawn(kind, parent, attributes, text = "") {
  const made = parent.appendChild(document.createElementNS(parent.namespaceURI, kind));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

/** About four round numbers from 0 to `most`. */
function rounds(most) {
  const power = 10 ** Math.floor(Math.log10(most / 3 || 1));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => most / n <= 5) ?? 10 * power;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

/** Ticks of a scale that is logarithmic above 1 and has 0: what lies there is equal. */
const powers = (most) => [0, ...Array.from({ length: Math.ceil(Math.log10(most + 1)) + 1 }, (_, i) => 10 ** i)];

/**
 * Draw `series` ([{ values, colour, dash, width }]) into `svg`; `log`: with 0, and 1, 10, 100 above.
 * `least` epochs have room.
 */
function curves(svg, series, { log = false, least = 10 } = {}) {
  const [width, height] = [svg.clientWidth, svg.clientHeight];
  const [left, right, top, bottom] = [52, 8, 10, 26];
  const count = Math.max(least, series[0].values.length - 1);
  const most = series.reduce((all, of) => of.values.reduce((a, b) => Math.max(a, b), all), log ? 9 : 1);
  const scale = log ? (value) => Math.log10(1 + value) : (value) => value;
  const ticks = log ? powers(most) : rounds(1.02 * most);
  const high = Math.max(scale(most), scale(log ? ticks.at(-1) : 1.02 * most));
  const x = (epoch) => left + ((width - left - right) * epoch) / count;
  const y = (value) => height - bottom - ((height - top - bottom) * scale(value)) / high;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const tick of ticks) {
    drawn("line", svg, { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: "grid" });
    drawn("text", svg, { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, tick.toLocaleString("en"));
  }
  for (const epoch of rounds(count)) {
    if (Number.isInteger(epoch)) drawn("text", svg, { x: x(epoch), y: height - 6, "text-anchor": "middle" }, epoch);
  }
  for (const { values, colour: name, dash = "", width: thick = 2, opacity = 1 } of series) {
    const points = values.map((value, epoch) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
    const look = { fill: "none", "stroke-dasharray": dash, "stroke-width": thick, opacity };
    drawn("polyline", svg, { points: points.join(" "), style: `stroke: var(--${name})`, ...look });
    if (values.length) {
      const [cx, cy] = points.at(-1).split(",");
      drawn("circle", svg, { cx, cy, r: 3, style: `fill: var(--${name})`, opacity });
    }
  }
}
