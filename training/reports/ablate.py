"""What an ablation found: the closing table, and the page."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text as Paragraph

from training.lanes.history import History
from training.options.ablate import AblateConfig
from training.parity import distance
from training.parity.distance import relative_distance, ulp_distance
from training.parity.tolerances import FLOAT64_EPOCHS
from training.reports import chart, document, png
from training.reports.document import Text
from training.reports.tables import ruled


def legend(epochs: int) -> Paragraph:
    """Return what the table's columns are, in lines as wide as the screen."""
    double = min(FLOAT64_EPOCHS, epochs)
    return Paragraph(
        "\nLargest relative distance of a loss to the TensorFlow 1 graph's, up to so many epochs; "
        f"float64: both sides in float64, up to {double} epochs. What float64 shrinks is "
        "rounding, the rest is semantics."
    )


def table(results: Mapping[str, Any]) -> Table:
    """Return the closing table, one row a cause, from what `describe` returns."""
    rows = results["causes"]
    shown = ruled("cause", *next(iter(rows.values()))["max_rel"], "float64")
    shown.add_column("kind", no_wrap=True)
    for cause, row in rows.items():
        distances = [*row["max_rel"].values(), row["float64"]]
        shown.add_row(cause, *map(distance.shown, distances), row["kind"])
    return shown


def write(
    folder: Path, config: AblateConfig, histories: Mapping[str, History], results: Mapping[str, Any]
) -> None:
    """Write the page and picture of what ablation.json holds as `results`: rounding is dashed."""
    reference = results["reference"]
    kinds = {cause: row["kind"] for cause, row in results["causes"].items()}

    def largest(precision: str, measure: Callable[..., np.ndarray]) -> dict[str, np.ndarray]:
        losses = histories[precision].losses
        return {
            cause: np.maximum.accumulate(measure(losses[cause], losses[reference]))
            for cause in kinds
        }

    relative = largest("float32", relative_distance)
    png.distances(relative, reference, kinds, folder / "ablation.png")
    firsts = [int((of > 0).argmax()) for of in relative.values()]
    drawn = chart.thinned([*relative.values()], firsts)

    def view(
        label: Text, y_title: Text, found: Mapping[str, np.ndarray], form: str = ".3~e"
    ) -> dict[str, Any]:
        series = [
            chart.distances(cause, of[drawn[drawn < len(of)]])
            | {"colour": number, "dash": "dash" if kinds[cause] == "rounding" else "solid"}
            for number, (cause, of) in enumerate(found.items())
        ]
        return chart.view(label, y_title, series, log=True, form=form)

    title = Text(
        f"largest relative distance to {reference} so far", f"到此为止与 {reference} 的最大相对差"
    )
    ulps = Text(f"float32 numbers away from {reference}", f"与 {reference} 相隔的 float32 个数")
    double = largest("float64", relative_distance)
    views = [
        view(Text("relative", "相对差"), title, relative),
        view(Text("ULP", "ULP"), ulps, largest("float32", ulp_distance), form=","),
        view(Text("relative, in float64", "相对差（float64）"), title, double),
    ]
    label = Text("How far each cause takes the loss", "每个原因让损失偏离多远")
    epochs = Text("epochs", "epoch 数")
    shown = chart.lines(drawn, views, label, x_title=epochs, of=histories["float32"].epochs)
    document.write(folder, "ablate.html.j2", config, {"charts": {"causes": shown}}, results=results)
