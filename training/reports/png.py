"""Pictures: what a run found, as curves or bars, and a sheet of a data set's digits."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.data import Examples
from training.lanes.history import History
from training.parity.distance import relative_distance
from training.reports import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PER_CLASS = 24


@contextlib.contextmanager
def _figure(path: Path, width: float, height: float) -> "Iterator[Figure]":
    """Give a figure to draw on, of so many inches, and write it to `path`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    yield figure
    figure.savefig(path, dpi=120)


def losses(history: History, reference: str, path: Path) -> None:
    """Draw the log loss of all lanes and, below, each lane's relative distance to `reference`."""
    with _figure(path, 8, 6) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        epochs = np.arange(history.epochs)
        for lane, values in history.losses.items():
            above.plot(epochs, values, label=lane, **looks.in_picture(lane))
            if lane == reference:
                continue
            distance = relative_distance(values, history.losses[reference])
            label = lane if distance.any() else f"{lane}: 0 in every epoch"
            shown = np.where(distance > 0, distance, np.nan)  # a log axis has no zero
            below.plot(epochs, shown, label=label, **looks.in_picture(lane))
        above.set(yscale="log", ylabel="loss", title="The article's loss, epoch by epoch")
        below.set(ylabel=f"relative distance to {reference}", xlabel="epoch")
        if any(np.nansum(line.get_ydata()) > 0 for line in below.lines):
            below.set_yscale("log")
        for axes in (above, below):
            axes.grid(alpha=0.3)
            if axes.get_legend_handles_labels()[0]:
                axes.legend()


@contextlib.contextmanager
def _many_curves(path: Path) -> "Iterator[Axes]":
    """Give axes for more curves than lanes, each of its own colour; their names stand beside."""
    from matplotlib import colormaps

    with _figure(path, 9, 6) as figure:
        axes = figure.subplots()
        axes.set_prop_cycle(color=[*colormaps["tab20"](range(20))])
        yield axes
        axes.grid(alpha=0.3)
        figure.legend(loc="outside right upper")


def distances(
    largest: Mapping[str, np.ndarray], reference: str, kinds: Mapping[str, str], path: Path
) -> None:
    """Draw each largest relative distance to `reference` so far, by epochs; rounding is dashed."""
    with _many_curves(path) as axes:
        axes.set(xscale="log", yscale="log")  # even where all distances are 0
        for cause, of in largest.items():
            epochs = np.arange(1, len(of))  # a log axis has no zero, neither here nor there
            shown = np.where(of > 0, of, np.nan)[1:]
            style = "--" if kinds[cause] == "rounding" else "-"
            axes.plot(epochs, shown, style, label=cause if of.any() else f"{cause}: 0")
        axes.set(xlabel="epochs", ylabel=f"largest relative distance to {reference} so far")
        axes.set_title("How far each cause takes the loss (dashed: rounding)")


def bench(ratios: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw each peer's ratio to the floor, the last on top, a panel per number of rows."""
    with _figure(path, 5 * len(ratios), 4.5) as figure:
        for panel, (rows, of) in enumerate(ratios.items(), 1):
            axes = figure.add_subplot(1, len(ratios), panel)
            bars = axes.barh([*of], [*of.values()], color="#1f77b4")
            axes.bar_label(bars, fmt="%.2f", padding=3)
            axes.axvline(1, color="black", linewidth=0.8)
            axes.margins(x=0.15)
            axes.set(title=f"{int(rows):,} rows", xlabel="epoch time, in floors")


def study(means: Mapping[str, np.ndarray], path: Path) -> None:
    """Draw the test accuracy of every strategy by epochs."""
    with _many_curves(path) as axes:
        for name, mean in means.items():
            axes.plot(mean, "--" if name in ("scratch", "naive") else "-", label=name)
        axes.set(xlabel="epochs", ylabel="test accuracy")
        axes.set_title("Fine-tuning against training from scratch")


def contact_sheet(examples: Examples, path: Path) -> None:
    """Draw the first PER_CLASS rows of every class, a line a class, the empty ones left black."""
    from matplotlib.image import imsave

    classes = examples.y.shape[1]
    sheet = np.zeros((classes, 28, PER_CLASS, 28), np.float32)
    for label in range(classes):
        rows = examples.x[examples.labels == label][:PER_CLASS].reshape(-1, 28, 28)
        sheet[label, :, : len(rows)] = rows.transpose(1, 0, 2)
    imsave(path, sheet.reshape(classes * 28, PER_CLASS * 28), cmap="gray", vmin=0, vmax=1)
