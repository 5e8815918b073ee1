"""`tf1keras finetune SOURCE --study`: every strategy against training from scratch.

    tf1keras finetune model.ckpt --study --data digits --shots 5 --seeds 5

All rows of the table have the same rows to train with, the same recipe and as many epochs. `naive`
goes on from the source's weights as they are, `full` and what follows from rescaled ones.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.table import Table

from training import (
    data,
    devices,
    environment,
    finetune,
    plot,
    pretrained,
    report,
    runs,
    source,
    split,
)
from training.console import Output
from training.data import Digits
from training.devices import Device
from training.model_config import FinetuneConfig, Strategy
from training.pages import tables
from training.pages.document import Text

if TYPE_CHECKING:
    from training.pretrained import Pretrained

STRATEGIES: dict[str, tuple[Strategy, ...]] = {
    "full": ("full",),
    "head": ("head",),
    "probe": ("probe",),
    "gradual": ("gradual",),
    "discriminative": ("full", "discriminative"),
    "bitfit": ("bitfit",),
    "lora": ("lora",),
    "l2-sp": ("full", "l2-sp"),
    "shrink-perturb": ("full", "shrink-perturb"),
}


@dataclass(frozen=True)
class Row:
    """One training of the study; accuracies are shares of test rows, None where not measured."""

    strategy: str
    seed: int
    test_accuracy: float
    start_accuracy: float
    trainable_parameters: int
    seconds: float
    epochs_to: int | None
    seconds_to: float | None
    source_accuracy: float | None


def run(config: FinetuneConfig) -> int:
    """Run the study; return the exit status."""
    final = runs.choose("finetune-study", config.out)
    source.kind(config.source)
    device = devices.choose(config.device)
    import tensorflow as tf

    digits = data.load(config.data, config.manual_dir)
    home = data.load(config.source_data)
    out = Output(config)
    out.note(environment.banner())
    out.note(f"data {digits.describe()}")
    rows, curves = [], {}
    with tf.device(device.name):
        origin = pretrained.load(config.source)
    with runs.new(final) as folder, tf.device(device.name):
        for name in ("scratch", "naive", *STRATEGIES):
            for seed in range(config.seed, config.seed + config.seeds):
                asked = dataclasses.replace(
                    config,
                    seed=seed,
                    strategy=STRATEGIES.get(name, ("full",)),
                    rescale="none" if name == "naive" else config.rescale,
                )
                row, curve = _train(name, asked, origin, digits, home, device)
                rows.append(row)
                curves[name, seed] = curve
                out.note(f"{name} seed {seed}: {row.test_accuracy:.2%} in {row.seconds:.1f} s")
        table = summarize(rows)
        source_accuracy = _source_accuracy(origin, home)
        report.write_setting(folder, config, device, digits)
        results = {
            "data": config.data,
            "shots": config.shots,
            "recipe": dataclasses.asdict(finetune.recipe(config)),
            "seeds": config.seeds,
            "target_accuracy": config.accuracy,
            "source_accuracy": source_accuracy,
            "rows": table,
        }
        runs.write_json(folder / "study.json", results)
        runs.write_csv(folder / "study.csv", [dataclasses.asdict(row) for row in rows])
        plot.study(curves, folder / "study.png")
        lines = [cells(row) for row in table]
        tables.study(folder, config, curves, lines, verdicts(table), source_accuracy)
    out.show(shown(table, config.accuracy, source_accuracy))
    out.show(f"\n{verdict(table)}")
    out.where(final)
    out.result(results, final)
    return 0


def _train(
    name: str,
    config: FinetuneConfig,
    origin: "Pretrained",
    digits: Digits,
    home: Digits,
    device: Device,
) -> tuple[Row, list[float]]:
    """Return a row of the study and the test accuracy before and after each epoch."""
    from keras_models import stack
    from training import tuning

    task = split.task(digits, config.shots, config.seed)
    if name == "scratch":
        begun, new_head = stack.fresh(origin.model, len(task.classes), config.seed), False
    else:
        start = finetune.hand_over(config, origin, task, device)
        begun, new_head = start.model, start.new_head
    model, tuned = finetune.train(config, begun, task, new_head)
    curve = [row["test_accuracy"] for row in tuned.history]
    reached = [row for row in tuned.history if row["test_accuracy"] >= config.accuracy]
    remembers = None
    if name != "scratch" and not new_head and digits.classes == home.classes:
        remembers = tuning.accuracy(model, home.test)
    return Row(
        strategy=name,
        seed=config.seed,
        test_accuracy=tuning.accuracy(model, task.test),
        start_accuracy=curve[0],
        trainable_parameters=tuned.trainable_parameters,
        seconds=round(tuned.seconds, 3),
        epochs_to=reached[0]["epoch"] if reached else None,
        seconds_to=reached[0]["seconds"] if reached else None,
        source_accuracy=remembers,
    ), curve


def _source_accuracy(origin: "Pretrained", home: Digits) -> float | None:
    """Return the source's accuracy on its own task, if its classes are that task's."""
    from training import tuning

    if origin.classes != home.classes:
        return None
    return tuning.accuracy(origin.model, home.test)


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


def verdict(table: Sequence[dict[str, Any]]) -> str:
    """Return one sentence: the best strategy against scratch, and who loses to scratch."""
    return verdicts(table).en


def verdicts(table: Sequence[dict[str, Any]]) -> Text:
    """Return the sentence in both languages."""
    scratch, *others = table
    best = max(others, key=lambda row: row["test_accuracy"])
    points = 100 * (best["test_accuracy"] - scratch["test_accuracy"])
    worse = [r["strategy"] for r in others if r["test_accuracy"] < scratch["test_accuracy"]]
    both = f"{best['test_accuracy']:.2%}, {scratch['test_accuracy']:.2%}"
    return Text(
        f"Best: {best['strategy']}, {points:+.2f} points against scratch ({both}); "
        f"worse than scratch: {', '.join(worse) or 'none'}.",
        f"最好的是 {best['strategy']}，比从头训练（scratch）{points:+.2f} 个百分点（{both}）；"
        f"不如从头训练的：{'、'.join(worse) or '没有'}。",
    )
