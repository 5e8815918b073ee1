"""What a study found: the table, a row a strategy, who is best, and the page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from training.options.finetune import FinetuneConfig
from training.reports import chart, document
from training.reports.document import Text
from training.reports.tables import ruled


def table(rows: Sequence[dict[str, Any]], target: float, before: float | None) -> Table:
    """Return the closing table, one row a strategy."""
    headings = ["start", "test acc", "sd", "trained", "s", f"epochs to {target:.0%}"]
    headings.append("source task" if before is None else f"source task ({before:.1%})")
    drawn = ruled("strategy", *headings, whole=False)
    for row in rows:
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


def _as_shown(row: dict[str, Any]) -> float:
    return round(row["test_accuracy"], 4)


def verdict(rows: Sequence[dict[str, Any]]) -> str:
    """Return one sentence: the best strategy against scratch, and who loses to scratch."""
    return verdicts(rows).en


def verdicts(rows: Sequence[dict[str, Any]]) -> Text:
    """Return the sentence in both languages."""
    scratch, *others = rows
    best = max(others, key=lambda row: row["test_accuracy"])
    points = 100 * (best["test_accuracy"] - scratch["test_accuracy"])
    worse = [r["strategy"] for r in others if _as_shown(r) < _as_shown(scratch)]
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
    folder: Path,
    config: FinetuneConfig,
    curves: Mapping[tuple[str, int], Sequence[float]],
    rows: Sequence[dict[str, Any]],
    source_accuracy: float | None,
) -> None:
    """Write the page of a study: the mean test accuracy of each strategy over its seeds."""
    means = {}
    for name in dict.fromkeys(strategy for strategy, _ in curves):
        of = [curve for (strategy, _), curve in curves.items() if strategy == name]
        shortest = min(map(len, of))  # a training can have stopped early
        means[name] = np.mean([curve[:shortest] for curve in of], axis=0)
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
        lines=[cells(row) for row in rows],
        verdict=verdicts(rows),
        source_accuracy=source_accuracy,
    )
