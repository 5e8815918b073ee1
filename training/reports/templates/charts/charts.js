"use strict";
// Draws data.charts with Plotly; what chart.py makes.

const EARLY = 50; // epochs in which causes of drift show
const chosen = (figure, what) =>
  Number(figure.querySelector(`input[name^="${what}"]:checked`)?.value ?? 0);

function axis(title, more) {
  return {
    title: title && { text: title, standoff: 8 },
    gridcolor: colour("rule"),
    zeroline: false,
    linecolor: colour("rule"),
    ...more,
  };
}

function layout(more) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("ink") },
    margin: { l: 8, r: 8, t: 8, b: 8 },
    hoverlabel: { bgcolor: colour("raised"), bordercolor: colour("rule"), font: { color: colour("ink") } },
    // A finger that drags means to scroll the page.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    ...more,
  };
}

/** Sizes of the points: a line does not show one that has no neighbour. */
const lonely = (y) => {
  const there = (i) => (y[i] ?? null) !== null;
  return y.map((_, i) => (there(i) && !there(i - 1) && !there(i + 1) ? 5 : 0));
};

/** In full on a log axis, where Plotly would print of 20 and 50 the first digit alone. */
function ticks(view) {
  if (view.format.endsWith("%")) return ".0%";
  if (!view.log) return "";
  return view.format.endsWith("e") ? "~e" : "~g";
}

function lines(chart, figure) {
  const view = chart.views[chosen(figure, "view")];
  const first = chart.x[0];
  const last = chosen(figure, "range") ? first + EARLY : chart.x.at(-1);
  const x = chart.x.filter((at) => at <= last); // less than all, so that the other axis fits, too
  const traces = view.series.map((series) => {
    const y = series.y.slice(0, x.length);
    const sizes = lonely(y);
    return {
      x: x.slice(0, y.length),
      y,
      name: say(series.name) + (series.zero ? say([": 0 in every epoch", "：每个 epoch 都是 0"]) : ""),
      mode: sizes.some(Boolean) ? "lines+markers" : "lines",
      line: { color: colour(`c${series.colour % 13}`), width: series.width ?? 1.75, dash: series.dash ?? "solid" },
      marker: { size: sizes, opacity: 1 },
      opacity: series.opacity ?? 1,
      hovertemplate: `%{y:${view.format}}`,
    };
  });
  const marks = chart.marks.filter((mark) => mark.x <= last);
  const shapes = marks.map((mark) => ({
    type: "line",
    x0: mark.x,
    x1: mark.x,
    yref: "paper",
    y0: 0,
    y1: 1,
    line: { color: colour(`c${mark.colour}`), width: 1, dash: "dot" },
  }));
  const annotations = marks.map((mark, row) => ({
    x: mark.x,
    y: 1,
    yref: "paper",
    yshift: -17 * (row % 4), // a line of text, however high the chart is
    // Away from the nearer edge, or it would be cut off there.
    xanchor: ["left", "center", "right"][Math.floor((2.99 * (mark.x - first)) / (last - first || 1))],
    yanchor: "top",
    showarrow: false,
    text: say(mark.says),
    font: { size: 12, color: colour(`c${mark.colour}`) },
  }));
  return [
    traces,
    layout({
      xaxis: axis(say(chart.x_title), {
        ...(last > first ? { range: [first, last] } : { autorange: true }),
        ...(last - first <= 10 ? { dtick: 1 } : {}),
        tickformat: "d",
      }),
      yaxis: axis("", {
        automargin: "left",
        type: view.log ? "log" : "linear",
        exponentformat: "none",
        tickformat: ticks(view),
        ...(view.log ? { nticks: 5 } : {}), // 1, 2, 5 within few powers; all nine would overlap
        autorange: true,
      }),
      shapes,
      annotations,
      hovermode: "x unified",
      showlegend: true,
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
      margin: { l: 8, r: 8, t: 8, b: 48 },
    }),
  ];
}

function bars(chart) {
  const trace = {
    type: "bar",
    orientation: "h",
    x: chart.values,
    y: chart.names,
    text: chart.values.map((value) => value.toFixed(2)),
    textposition: "outside",
    cliponaxis: false,
    marker: { color: colour("c0") },
    hovertemplate: "%{y}: %{x:.2f}<extra></extra>",
  };
  const floor = { type: "line", x0: 1, x1: 1, yref: "paper", y0: 0, y1: 1, line: { color: colour("ink"), width: 1 } };
  return [
    [trace],
    layout({
      height: 80 + 28 * chart.names.length,
      xaxis: axis(say(chart.x_title), { rangemode: "tozero" }),
      yaxis: axis("", { type: "category", ticksuffix: " ", automargin: "left" }),
      shapes: [floor],
      bargap: 0.35,
      margin: { l: 8, r: 48, t: 8, b: 48 },
    }),
  ];
}

for (const figure of document.querySelectorAll("figure.chart")) {
  const chart = data.charts[figure.dataset.chart];
  const plot = figure.querySelector(".plot");
  const draw = () => {
    plot.setAttribute("aria-label", say(chart.label));
    const view = chart.views[chosen(figure, "view")];
    if (view) figure.querySelector(".y-title").textContent = say(view.y_title);
    const [traces, how] = chart.kind === "bars" ? bars(chart) : lines(chart, figure);
    Plotly.react(plot, traces, how, { displayModeBar: false, responsive: true, doubleClick: "reset" });
  };
  figure.classList.add(chart.kind);
  figure.addEventListener("change", draw);
  document.addEventListener("redraw", draw);
}
