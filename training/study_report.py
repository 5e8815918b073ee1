"""What is said of a study: the table, a row a strategy, and who is best."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from training.finetuning.saved_study import Row
from training.pages.document import Text


def summarize(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return one dict a strategy: means over the seeds, and the standard deviation (n - 1).

    `epochs_to` and `seconds_to` are means over the seeds that got there, `reached` how many.
    """
    table = []
    for name in dict.fromkeys(row.strategy for row in rows):
        of = [row for row in rows if row.strategy == name]
        accuracies = [row.test_accuracy for row in of]
        kept = [row.source_accuracy for row in of if row.source_accuracy is not None]
        reached = [(r.epochs_to, r.seconds_to) for r in of if r.epochs_to is not None]
        table.append(
            {
                "strategy": name,
                "test_accuracy": float(np.mean(accuracies)),
                "sd": float(np.std(accuracies, ddof=1)) if len(of) > 1 else None,
                "start_accuracy": float(np.mean([row.start_accuracy for row in of])),
                "trainable_parameters": of[0].trainable_parameters,
                "seconds": float(np.mean([row.seconds for row in of])),
                "reached": len(reached),
                "epochs_to": float(np.mean([e for e, _ in reached])) if reached else None,
                "seconds_to": float(np.mean([s for _, s in reached])) if reached else None,
                "source_accuracy": float(np.mean(kept)) if kept else None,
            }
        )
    return table


def shown(table: Sequence[dict[str, Any]], target: float, before: float | None) -> Table:
    """Return the closing table, one row a strategy."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    drawn.add_column("strategy", no_wrap=True)
    source_heading = "source task" if before is None else f"source task ({before:.1%})"
    for heading in (
        "start",
        "test acc",
        "sd",
        "trained",
        "s",
        f"epochs to {target:.0%}",
        source_heading,
    ):
        drawn.add_column(heading, justify="right")
    for row in table:
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


def verdict(table: Sequence[dict[str, Any]]) -> str:
    """Return one sentence: the best strategy against scratch, and who loses to scratch."""
    return verdicts(table).en


def verdicts(table: Sequence[dict[str, Any]]) -> Text:
    """Return the sentence in both languages."""
    scratch, *others = table
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
