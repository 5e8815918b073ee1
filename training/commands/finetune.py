"""`tf1keras finetune SOURCE`: from a trained model to a better one, or to other data.

    tf1keras finetune runs/TIME-compare --data mnist
    tf1keras finetune model.keras --data digits --shots 5 --strategy probe

Checks the hand-off, trains with a recipe and a strategy, and writes `finetune.json`, `history.csv`
and `model.keras`.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training import data
from training.command_line import progress
from training.command_line.output import Output
from training.finetuning import saved_progress, split
from training.finetuning.recipe import RECIPES, Recipe
from training.finetuning.saved_progress import Reached, Saver
from training.finetuning.split import Task
from training.machine import devices, environment, files
from training.machine.devices import Device
from training.machine.signals import Interruption
from training.model_files import pretrained, reading
from training.options.finetune import FinetuneConfig
from training.reports import finetune as page
from training.runs import folders, saving, setting

if TYPE_CHECKING:
    import keras
    from rich.console import Console

    from keras_models.strategies import Settings
    from training.finetuning.handoff import HandedOver
    from training.finetuning.tuning import AfterEpoch, Tuned
    from training.model_files.pretrained import Pretrained


def recipe(config: FinetuneConfig) -> Recipe:
    """Return the recipe that was asked for, with what options change in it."""
    chosen = RECIPES[config.recipe]
    return dataclasses.replace(chosen, epochs=config.epochs) if config.epochs else chosen


def settings(config: FinetuneConfig) -> "Settings":
    """Return the numbers of the strategies."""
    from keras_models.strategies import Settings

    return Settings(lora_rank=config.lora_rank, lora_alpha=config.lora_alpha, seed=config.seed)


def run(config: FinetuneConfig) -> int:
    """Run the command; return its exit status."""
    command = "finetune-study" if config.study else "finetune"
    return go_on(config, folders.choose(command, config.out))


def go_on(config: FinetuneConfig, final: Path) -> int:
    """Fine-tune in the run folder `final`, from what an unfinished run there has saved on, if any.

    Returns the exit status. Raises UserError where what was saved does not fit, and Stopped.
    """
    if config.study:
        from training.commands import finetune_study

        return finetune_study.go_on(config, final)
    reading.kind(config.source)  # refuses at once what is not there
    device = devices.choose(config.device)
    import tensorflow as tf

    from training.finetuning import tuning

    digits = data.load(config.data, config.manual_dir)
    task = split.task(digits, config.shots, config.seed)
    out = Output(config)
    out.note(environment.banner())
    out.note(f"data {digits.describe()}")
    with tf.device(device.name):
        origin = pretrained.load(config.source)  # before a folder is made, for it may be refused
    with folders.resumable(final, saving.STATE) as folder, tf.device(device.name):
        setting.write(folder, config, device, digits)
        begin = hand_over(config, origin, task, device)
        out.note(handed(begin))
        before = None if begin.new_head else pretrained.accuracy(origin.model, task.test)
        model, tuned = _train_saving(config, begin, task, folder, out.notes)
        result = {
            "source": str(config.source),
            "data": setting.data_facts(digits),
            "classes": list(task.classes),
            "rows": {"train": len(task.train.x), "test": len(task.test.x)}
            | ({"validation": len(task.validation.x)} if task.validation else {}),
            "shots": config.shots,
            "strategy": list(config.strategy),
            "seed": config.seed,
            "source_accuracy": before,
            "handoff": dataclasses.asdict(begin.handoff),
            "rescale": {"scale": begin.scale, "reason": begin.reason},
            "new_head": begin.new_head,
            "validation_accuracy": tuned.kept.get("validation_accuracy"),
            "test_accuracy": pretrained.accuracy(model, task.test),
            "trainable_parameters": tuned.trainable_parameters,
            "parameters": sum(int(array.size) for array in tuning.values(model).values()),
            "kept_epoch": tuned.kept_epoch,
            "frozen": tuned.frozen,
            "seconds": round(tuned.seconds, 3),
            "recipe": dataclasses.asdict(recipe(config)),
            "history": tuned.history,
        }
        files.write_json(folder / "finetune.json", result)
        (folder / "history.csv").unlink(missing_ok=True)  # of a process that ended while writing
        files.write_csv(folder / "history.csv", tuned.history)
        model.save(folder / "model.keras")
        page.write(folder, config, result, task, origin, model)
    (final / saving.STATE).unlink()  # the schedule is at its end: there is nothing to go on with
    out.show(summary(result))
    out.where(final)
    out.result(result, final)
    return 0


def _train_saving(
    config: FinetuneConfig, begin: "HandedOver", task: Task, folder: Path, notes: "Console"
) -> tuple["keras.Model", "Tuned"]:
    """Train as `train`, with a progress line, and save to `folder` on the way."""
    saved = saved_progress.read(folder)
    line = progress.line(recipe(config).epochs, notes, saved.last if saved else None)
    with line as show, Interruption() as interruption:
        saver = Saver(folder, config.save_every, interruption, saved)

        def after_epoch(now: Reached) -> None:
            row = now.history[-1]
            show(row["epoch"] - 1, {"loss": row["loss"]})
            saver.after_epoch(now)

        return train(config, begin.model, task, begin.new_head, after_epoch, saved)


def hand_over(
    config: FinetuneConfig, origin: "Pretrained", task: Task, device: Device
) -> "HandedOver":
    """Return the source's model ready to train on `task`, checked: on a CPU bit for bit."""
    from training.finetuning import handoff

    return handoff.hand_over(
        origin,
        task.train,
        task.classes,
        config.scale,
        config.new_head,
        config.seed,
        exact=device.kind == "CPU",
    )


def train(
    config: FinetuneConfig,
    model: "keras.Model",
    task: Task,
    new_head: bool,
    after_epoch: "AfterEpoch" = lambda reached: None,
    saved: Reached | None = None,
) -> tuple["keras.Model", "Tuned"]:
    """Train `model`; return a copy of it, compiled and without LoRA, and what happened.

    Training goes on from what was `saved`, if anything was. The one that is returned predicts what
    the trained one does, or this raises UserError.
    """
    from keras_models import stack, strategies
    from training.finetuning import handoff, tuning
    from training.finetuning.recipe import compile_for

    used = recipe(config)
    plan = strategies.plan(model, config.strategy, settings(config), new_head)
    tuned = tuning.tune(
        model,
        plan,
        used,
        task,
        config.seed,
        after_epoch,
        saved,
    )
    copy = stack.rebuild(model)
    trained, rebuilt = (pretrained.logits(one, task.test.x) for one in (model, copy))
    handoff.check(trained, rebuilt, 1.0, None, "logits")
    compile_for(copy, used, updates=1, rates={})
    copy.optimizer.build(copy.trainable_variables)  # or it could not be loaded without a warning
    return copy, tuned


def handed(begin: "HandedOver") -> str:
    """Return one line: what the hand-off check found."""
    found = begin.handoff
    same = "identical" if found.identical else f"within {found.largest_relative:.0e}"
    factor = "" if found.logit_scale == 1 else f" times {found.logit_scale:g}"
    line = f"hand-off: {found.of}{factor} {same}, the same predictions on {found.rows:,} rows"
    if found.loss_before is not None:
        line += f"; loss {found.loss_before:.4g} -> {found.loss_after:.4g}"
    if begin.scale != 1:
        line += f"\nrescaled by {begin.scale:g}, which changes the loss and no prediction: "
        line += begin.reason
    return line + ("; new head" if begin.new_head else "")


def summary(result: Mapping[str, Any]) -> str:
    """Return the closing sentence."""
    before, after = result["source_accuracy"], result["test_accuracy"]
    came = "a new head" if before is None else f"{before:.2%}"
    kept = "" if result["kept_epoch"] is None else f" (the best was {result['kept_epoch']})"
    return (
        f"Test accuracy: {came} -> {after:.2%} in {result['seconds']:.0f} s, "
        f"{len(result['history']) - 1} epochs{kept}, {result['trainable_parameters']:,} of "
        f"{result['parameters']:,} parameters trained."
    )
