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
from training.reports import chart, document
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
    folder: Path,
    config: AblateConfig,
    histories: Mapping[str, History],
    results: Mapping[str, Any],
) -> None:
    """Write the page of what ablation.json holds as `results`: rounding is dashed."""
    reference = results["reference"]
    kinds = {cause: row["kind"] for cause, row in results["causes"].items()}

    def measured(precision: str, measure: Callable[..., np.ndarray]) -> dict[str, np.ndarray]:
        losses = histories[precision].losses
        return {
            cause: np.maximum.accumulate(measure(losses[cause], losses[reference]))
            for cause in kinds
        }

    def by_cause(found: Mapping[str, np.ndarray], drawn: np.ndarray) -> list[dict[str, Any]]:
        return [
            chart.zero_or_more(cause, of[drawn])
            | {"colour": number, "dash": "dash" if kinds[cause] == "rounding" else "solid"}
            for number, (cause, of) in enumerate(found.items())
        ]

    relative = measured("float32", relative_distance)
    drawn = chart.thinned(
        [*relative.values()], [int((of > 0).argmax()) for of in relative.values()]
    )
    title = Text(
        f"largest relative distance to {reference} so far", f"到此为止与 {reference} 的最大相对差"
    )
    ulp_title = Text(
        f"float32 numbers away from {reference}", f"与 {reference} 相隔的 float32 个数"
    )
    double = measured("float64", relative_distance)
    short = drawn[drawn < histories["float64"].epochs]
    views = [
        chart.view(
            Text("relative", "相对差"), title, by_cause(relative, drawn), log=True, form=".3~e"
        ),
        chart.view(
            Text("ULP", "ULP"),
            ulp_title,
            by_cause(measured("float32", ulp_distance), drawn),
            log=True,
            form=",",
        ),
        chart.view(
            Text("relative, in float64", "相对差（float64）"),
            title,
            by_cause(double, short),
            log=True,
            form=".3~e",
        ),
    ]
    label = Text("How far each cause takes the loss", "每个原因让损失偏离多远")
    shown = chart.lines(
        drawn,
        views,
        label,
        x_title=Text("epochs", "epoch 数"),
        of=histories["float32"].epochs,
    )
    document.write(folder, "ablate.html.j2", config, {"charts": {"causes": shown}}, results=results)
