"""What a study found: the table, a row a strategy, who is best, and the page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from training.finetuning.saved_study import StudyProgress
from training.options.finetune import FinetuneConfig
from training.reports import chart, document, png
from training.reports.document import Text
from training.reports.tables import ruled


def table(results: Mapping[str, Any]) -> Table:
    """Return the closing table, one row a strategy, of what study.json holds as `results`."""
    target, before = results["target_accuracy"], results["source_accuracy"]
    headings = ["start", "test acc", "sd", "trained", "s", f"epochs to {target:.0%}"]
    headings.append("source task" if before is None else f"source task ({before:.1%})")
    drawn = ruled("strategy", *headings, whole=False)
    for row in results["rows"]:
        drawn.add_row(*cells(row))
    return drawn


def cells(row: dict[str, Any]) -> list[str]:
    """Return a row of the table as text; a dash is what was not measured or not reached."""
    return [
        row["strategy"],
        f"{row['start_accuracy']:.1%}",
        f"{row['test_accuracy']:.2%}",
        "-" if row["sd"] is None else f"{100 * row['sd']:.2f}",
        f"{row['trainable_parameters']:,}",
        f"{row['seconds']:.1f}",
        "-" if row["epochs_to"] is None else f"{row['epochs_to']:.1f}",
        "-" if row["source_accuracy"] is None else f"{row['source_accuracy']:.1%}",
    ]


def verdict(rows: Sequence[dict[str, Any]]) -> Text:
    """Return one sentence: the best strategy against scratch, and who loses to scratch."""
    scratch, *others = rows
    best = max(others, key=lambda row: row["test_accuracy"])
    points = 100 * (best["test_accuracy"] - scratch["test_accuracy"])
    shown = {row["strategy"]: round(row["test_accuracy"], 4) for row in rows}  # as in the table
    worse = [name for name, of in shown.items() if of < shown[scratch["strategy"]]]
    both = f"{best['test_accuracy']:.2%}, {scratch['test_accuracy']:.2%}"
    return Text(
        f"Best: {best['strategy']}, {abs(points):.2f} points "
        f"{'above' if points >= 0 else 'below'} scratch ({both}); "
        f"worse than scratch: {', '.join(worse) or 'none'}.",
        f"最好的是 {best['strategy']}，比从头训练（scratch）{'高' if points >= 0 else '低'} "
        f"{abs(points):.2f} 个百分点（{both}）；"
        f"{'不如从头训练的：' + '、'.join(worse) if worse else '没有不如从头训练的'}。",
    )


def write(
    folder: Path, config: FinetuneConfig, done: StudyProgress, results: Mapping[str, Any]
) -> None:
    """Write the page and the picture of what study.json holds as `results`.

    Their curves are each strategy's mean test accuracy over its seeds.
    """
    means = {}
    every = [*zip(done.rows, done.curves, strict=True)]
    for name in dict.fromkeys(row.strategy for row in done.rows):
        of = [curve for row, curve in every if row.strategy == name]
        shortest = min(map(len, of))  # a training can have stopped early
        means[name] = np.mean([curve[:shortest] for curve in of], axis=0)
    png.study(means, folder / "study.png")
    longest = max(means.values(), key=len)
    drawn = chart.thinned([longest])
    series = [
        {
            "name": name,
            "y": chart.numbers(mean[drawn[drawn < len(mean)]]),
            "colour": number,
            "dash": "dash" if name in ("scratch", "naive") else "solid",
        }
        for number, (name, mean) in enumerate(means.items())
    ]
    title = Text("test accuracy", "测试准确率")
    shown = chart.lines(
        drawn,
        [chart.view(title, title, series, form=".2%")],
        Text("Fine-tuning against training from scratch", "微调与从头训练"),
        of=len(longest),
    )
    document.write(
        folder,
        "finetune_study.html.j2",
        config,
        {"charts": {"study": shown}},
        lines=[cells(row) for row in results["rows"]],
        verdict=verdict(results["rows"]),
        source_accuracy=results["source_accuracy"],
    )
