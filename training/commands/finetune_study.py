"""`tf1keras finetune SOURCE --study`: every strategy against training from scratch.

    tf1keras finetune model.ckpt --study --data digits --shots 5 --seeds 5

All rows of the table have the same rows to train with, the same recipe and as many epochs. `naive`
goes on from the source's weights as they are, `full` and what follows from rescaled ones.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from training import data
from training.command_line.output import Output
from training.commands import finetune
from training.data import Digits
from training.finetuning import saved_study, split
from training.finetuning.saved_progress import Reached
from training.finetuning.saved_study import Row, Studied
from training.machine import devices, environment, files
from training.machine.devices import Device
from training.machine.signals import Interruption, Stopped
from training.model_files import pretrained, reading
from training.options.finetune import FinetuneConfig, Strategy
from training.reports import finetune_study as report
from training.reports import png
from training.runs import folders, setting

if TYPE_CHECKING:
    from training.finetuning.tuning import AfterEpoch
    from training.model_files.pretrained import Pretrained

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


def go_on(config: FinetuneConfig, final: Path) -> int:
    """Study in the run folder `final`, without what an unfinished run there has trained already.

    Returns the exit status. Raises UserError where what was saved is damaged, and Stopped.
    """
    reading.kind(config.source)
    device = devices.choose(config.device)
    import tensorflow as tf

    from training.finetuning import tuning

    digits = data.load(config.data, config.manual_dir)
    home = data.load(config.source_data)
    out = Output(config)
    out.note(environment.banner())
    out.note(f"data {digits.describe()}")
    with tf.device(device.name):
        origin = pretrained.load(config.source)
        begun = saved_study.sha256(tuning.values(origin.model))
    with folders.resumable(final, saved_study.STATE) as folder, tf.device(device.name):
        setting.write(folder, config, device, digits)
        found = saved_study.read(folder, begun)
        if found.rows:
            out.note(f"goes on after {_count(config, found)}")
        with Interruption() as interruption:

            def after_epoch(reached: Reached) -> None:
                if interruption.number:
                    raise _stopped(interruption.number, config, found, final)

            for asked, name in _left(config, found):
                row, curve = _train(name, asked, origin, digits, home, device, after_epoch)
                found.rows.append(row)
                found.curves.append(curve)
                saved_study.write(folder, found)
                out.note(f"{name} seed {row.seed}: {row.test_accuracy:.2%} in {row.seconds:.1f} s")
        table = saved_study.summarize(found.rows)
        source_accuracy = _source_accuracy(origin, home)
        results = {
            "data": config.data,
            "shots": config.shots,
            "recipe": dataclasses.asdict(finetune.recipe(config)),
            "seeds": config.seeds,
            "target_accuracy": config.accuracy,
            "source_accuracy": source_accuracy,
            "rows": table,
        }
        files.write_json(folder / "study.json", results)
        files.write_csv(folder / "study.csv", [dataclasses.asdict(row) for row in found.rows])
        names = [(row.strategy, row.seed) for row in found.rows]
        curves = dict(zip(names, found.curves, strict=True))
        png.study(curves, folder / "study.png")
        report.write(folder, config, curves, table, source_accuracy)
    (final / saved_study.STATE).unlink()  # all is trained: there is nothing to go on with
    out.show(report.table(table, config.accuracy, source_accuracy))
    out.show(f"\n{report.verdict(table)}")
    out.where(final)
    out.result(results, final)
    return 0


def _names() -> list[str]:
    """Return the rows of the table, in order."""
    return ["scratch", "naive", *STRATEGIES]


def _left(config: FinetuneConfig, found: Studied) -> Iterator[tuple[FinetuneConfig, str]]:
    """Yield the options and the name of each training that is not done."""
    for name in _names():
        for seed in range(config.seed, config.seed + config.seeds):
            if not found.done(name, seed):
                strategy = STRATEGIES.get(name, ("full",))
                rescale = "none" if name == "naive" else config.rescale
                asked = dataclasses.replace(config, seed=seed, strategy=strategy, rescale=rescale)
                yield asked, name


def _count(config: FinetuneConfig, found: Studied) -> str:
    return f"{len(found.rows)} of {len(_names()) * config.seeds} trainings"


def _stopped(number: int, config: FinetuneConfig, found: Studied, final: Path) -> Stopped:
    trainings = f"{_count(config, found)} are done"
    if not found.rows:
        return Stopped(f"stopped; {trainings}, so nothing was written.", number)
    return Stopped(
        f"stopped; {trainings} and saved.\ntf1keras resume {final} goes on with the next.", number
    )


def _train(
    name: str,
    config: FinetuneConfig,
    origin: "Pretrained",
    digits: Digits,
    home: Digits,
    device: Device,
    after_epoch: "AfterEpoch",
) -> tuple[Row, list[float]]:
    """Return a row of the study and the test accuracy before and after each epoch."""
    from keras_models import stack

    task = split.task(digits, config.shots, config.seed)
    if name == "scratch":
        begun, new_head = stack.fresh(origin.model, len(task.classes), config.seed), False
    else:
        start = finetune.hand_over(config, origin, task, device)
        begun, new_head = start.model, start.new_head
    model, tuned = finetune.train(config, begun, task, new_head, after_epoch)
    curve = [row["test_accuracy"] for row in tuned.history]
    reached = [row for row in tuned.history if row["test_accuracy"] >= config.accuracy]
    remembers = None
    if name != "scratch" and not new_head and digits.classes == home.classes:
        remembers = pretrained.accuracy(model, home.test)
    return Row(
        strategy=name,
        seed=config.seed,
        test_accuracy=pretrained.accuracy(model, task.test),
        start_accuracy=curve[0],
        trainable_parameters=tuned.trainable_parameters,
        seconds=round(tuned.seconds, 3),
        epochs_to=reached[0]["epoch"] if reached else None,
        seconds_to=reached[0]["seconds"] if reached else None,
        source_accuracy=remembers,
    ), curve


def _source_accuracy(origin: "Pretrained", home: Digits) -> float | None:
    """Return the source's accuracy on its own task, if its classes are that task's."""

    if origin.classes != home.classes:
        return None
    return pretrained.accuracy(origin.model, home.test)
