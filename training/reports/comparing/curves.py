"""The curves of a comparison: losses, their distances, and where they first differ."""

from typing import Any

import numpy as np

from training.experiments.comparison import Comparison
from training.parity.distance import relative_distance, ulp_distance
from training.reports import chart, looks
from training.reports.document import Text


def losses(comparison: Comparison) -> dict[str, Any]:
    """Return the chart of all lanes' losses."""
    drawn = _drawn(comparison)
    series = [
        {"name": lane, "y": chart.numbers(of[drawn]), **looks.on_page(lane)}
        for lane, of in comparison.history.losses.items()
    ]
    title = Text("loss", "损失")
    views = [
        chart.view(Text("log axis", "对数轴"), title, series, log=True),
        chart.view(Text("linear axis", "线性轴"), title, series),
    ]
    label = Text("Loss of every lane by epoch", "每条路线每个 epoch 的损失")
    history = comparison.history
    return chart.lines(drawn + history.first, views, label, of=history.epochs)


def distances(comparison: Comparison) -> dict[str, Any]:
    """Return the chart of every lane's distance to the reference."""
    drawn, history, reference = _drawn(comparison), comparison.history, comparison.reference

    def view(label: Text, y_title: Text, measure: Any, form: str) -> dict[str, Any]:
        losses = history.losses
        series = [
            chart.distances(lane, measure(losses[lane], losses[reference])[drawn])
            | {"colour": looks.COLOURS[lane]}
            for lane in comparison.parity
        ]
        return chart.view(label, y_title, series, log=True, form=form)

    relative = Text(f"relative distance to {reference}", f"与 {reference} 的相对距离")
    ulp = Text(f"float32 numbers between it and {reference}", f"与 {reference} 之间的 float32 个数")
    views = [
        view(Text("ULP", "ULP"), ulp, ulp_distance, ","),
        view(Text("relative", "相对"), relative, relative_distance, ".3~e"),
    ]
    marks = []
    for lane, of in comparison.parity.items():
        if of.first_difference is not None:
            epoch = history.first + of.first_difference
            says = Text(
                f"{lane} first differs at epoch {epoch}", f"{lane} 最先在 epoch {epoch} 出现差别"
            )
            marks.append({"x": epoch, "says": says, "colour": looks.COLOURS[lane]})
    label = Text(
        f"Distance of the losses to {reference} by epoch",
        f"每个 epoch 的损失与 {reference} 的距离",
    )
    return chart.lines(drawn + history.first, views, label, marks=marks, of=history.epochs)


def _drawn(comparison: Comparison) -> np.ndarray:
    """Return the indexes of the epochs to draw: with every lane's first difference."""
    every = comparison.history.losses
    reference = every[comparison.reference]
    curves = [*every.values()]
    curves += [relative_distance(every[lane], reference) for lane in comparison.parity]
    firsts = [of.first_difference for of in comparison.parity.values()]
    return chart.thinned(curves, [epoch for epoch in firsts if epoch is not None])


def differences(comparison: Comparison) -> dict[str, dict[str, str] | None]:
    """Return, by lane, where its loss first differs from the reference's, and both losses."""
    every = comparison.history.losses
    return {
        lane: None
        if of.first_difference is None
        else {
            "epoch": str(comparison.history.first + of.first_difference),
            "loss": str(every[lane][of.first_difference]),
            "reference": str(every[comparison.reference][of.first_difference]),
        }
        for lane, of in comparison.parity.items()
    }
