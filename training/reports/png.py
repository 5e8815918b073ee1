"""Pictures: the loss curves of a comparison, and a sheet of a data set's digits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.data import Examples
from training.lanes.history import History
from training.parity.distance import relative_distance
from training.reports import looks

PER_CLASS = 24


def losses(history: History, reference: str, path: Path) -> None:
    """Draw the log loss of all lanes and, below, each lane's relative distance to `reference`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    epochs = np.arange(history.epochs)
    for lane, values in history.losses.items():
        above.plot(epochs, values, label=lane, **looks.in_picture(lane))
        if lane == reference:
            continue
        distance = relative_distance(values, history.losses[reference])
        if distance.any():
            shown = np.where(distance > 0, distance, np.nan)  # a log axis has no zero
            below.plot(epochs, shown, label=lane, **looks.in_picture(lane))
        else:
            below.plot([], [], label=f"{lane}: 0 in every epoch", **looks.in_picture(lane))
    above.set(yscale="log", ylabel="loss", title="The article's loss, epoch by epoch")
    below.set(ylabel=f"relative distance to {reference}", xlabel="epoch")
    if any(np.nansum(line.get_ydata()) > 0 for line in below.lines):
        below.set_yscale("log")
    for axes in (above, below):
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
    figure.savefig(path, dpi=120)


def distances(history: History, reference: str, kinds: Mapping[str, str], path: Path) -> None:
    """Draw each largest relative distance to `reference` so far, by epochs; rounding is dashed."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log")  # even where all distances are 0
    epochs = np.arange(1, history.epochs)  # a log axis has no zero, neither here nor there
    for number, (lane, kind) in enumerate(kinds.items()):
        distance = relative_distance(history.losses[lane], history.losses[reference])
        largest = np.maximum.accumulate(distance)[1:]
        axes.plot(
            epochs,
            np.where(largest > 0, largest, np.nan),
            label=lane if distance.any() else f"{lane}: 0",
            color=colormaps["tab20"](number % 20),
            linewidth=1.5,
            linestyle="--" if kind == "rounding" else "-",
        )
    axes.set(xlabel="epochs", ylabel=f"largest relative distance to {reference} so far")
    axes.set_title("How far each cause takes the loss (dashed: rounding)")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper")
    figure.savefig(path, dpi=120)


def bench(rows: Mapping[str, Mapping[str, Mapping[str, Any]]], path: Path) -> None:
    """Draw each peer's ratio to the floor, the fastest on top, a panel per number of rows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5 * len(rows), 4.5), layout="constrained")
    for panel, (number, of_rows) in enumerate(rows.items(), 1):
        axes = figure.add_subplot(1, len(rows), panel)
        ratios = {peer: of["to_floor"] for peer, of in of_rows.items() if "to_floor" in of}
        names = sorted(ratios, key=lambda peer: -ratios[peer])
        bars = axes.barh(names, [ratios[name] for name in names], color="#1f77b4")
        axes.bar_label(bars, fmt="%.2f", padding=3)
        axes.axvline(1, color="black", linewidth=0.8)
        axes.margins(x=0.15)
        axes.set(title=f"{int(number):,} rows", xlabel="epoch time, in floors")
    figure.savefig(path, dpi=120)


def study(curves: Mapping[tuple[str, int], Sequence[float]], path: Path) -> None:
    """Draw the test accuracy by epochs, the mean over the seeds, of every strategy (name, seed)."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    for number, name in enumerate(dict.fromkeys(strategy for strategy, _ in curves)):
        of = [curve for (strategy, _), curve in curves.items() if strategy == name]
        shortest = min(len(curve) for curve in of)  # a training can have stopped early
        mean = np.mean([curve[:shortest] for curve in of], axis=0)
        style = "--" if name in ("scratch", "naive") else "-"
        axes.plot(mean, style, label=name, color=colormaps["tab20"](number % 20))
    axes.set(xlabel="epochs", ylabel="test accuracy")
    axes.set_title("Fine-tuning against training from scratch")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper")
    figure.savefig(path, dpi=120)


def contact_sheet(examples: Examples, path: Path) -> None:
    """Draw the first PER_CLASS rows of every class, a line a class, the empty ones left black."""
    from matplotlib.image import imsave

    classes = examples.y.shape[1]
    sheet = np.zeros((classes, 28, PER_CLASS, 28), np.float32)
    for label in range(classes):
        rows = examples.x[examples.labels == label][:PER_CLASS].reshape(-1, 28, 28)
        sheet[label, :, : len(rows)] = rows.transpose(1, 0, 2)
    imsave(path, sheet.reshape(classes * 28, PER_CLASS * 28), cmap="gray", vmin=0, vmax=1)
