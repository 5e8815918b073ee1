"""`tf1keras finetune SOURCE`: from a trained model to a better one, or to other data.

    tf1keras finetune runs/TIME-compare --data mnist
    tf1keras finetune model.keras --data digits --shots 5 --strategy probe

Checks the hand-off, trains with a recipe and a strategy, and writes `finetune.json`, `history.csv`
and `model.keras`.
"""

import csv
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from training import data, devices, environment, pretrained, progress, report, runs, source, split
from training.config import FinetuneConfig
from training.data import Digits, Examples
from training.recipe import RECIPES, Recipe

if TYPE_CHECKING:
    import keras

    from keras_models.strategies import Settings
    from training.start import Start
    from training.tuning import Tuned


@dataclass(frozen=True)
class Task:
    """Target data, by what each row is for; no test row ever chooses anything."""

    train: Examples
    validation: Examples | None
    test: Examples
    classes: tuple[int, ...]


def task(digits: Digits, shots: int | None, seed: int) -> Task:
    """Return the rows to train with, choose with and test with.

    With `shots` there is nothing to choose with: every label would be one more shot.
    """
    if shots is None:
        return Task(*split.validation(digits.train), digits.test, digits.classes)
    return Task(split.few(digits.train, shots, seed), None, digits.test, digits.classes)


def recipe(config: FinetuneConfig) -> Recipe:
    """Return the recipe that was asked for, with what options change in it."""
    chosen = RECIPES[config.recipe]
    return dataclasses.replace(chosen, epochs=config.epochs) if config.epochs else chosen


def settings(config: FinetuneConfig, seed: int) -> "Settings":
    """Return the numbers of the strategies."""
    from keras_models.strategies import Settings

    return Settings(lora_rank=config.lora_rank, lora_alpha=config.lora_alpha, seed=seed)


def run(config: FinetuneConfig) -> int:
    """Run the command; return its exit status."""
    if config.study:
        from training import study

        return study.run(config)
    final = runs.choose("finetune", config.out)
    source.kind(config.source)  # refuses at once what is not there
    device = devices.choose(config.device)
    import tensorflow as tf

    from training import start, tuning

    digits = data.load(config.data, config.manual_dir)
    given = task(digits, config.shots, config.seed)
    console, notes = Console(), Console(stderr=True)
    notes.print(environment.banner(), highlight=False, markup=False, soft_wrap=True)
    notes.print(f"data {digits.describe()}", highlight=False, markup=False, soft_wrap=True)
    with runs.new(final) as folder, tf.device(device.name):
        origin = pretrained.load(config.source)
        begin = start.hand_over(
            origin,
            given.train,
            given.classes,
            config.scale,
            config.new_head,
            config.seed,
            exact=device.kind == "CPU",
        )
        notes.print(handed(begin), highlight=False, markup=False, soft_wrap=True)
        before = None if begin.new_head else tuning.accuracy(origin.model, given.test)
        used = recipe(config)
        with progress.line(used.epochs, notes) as show:
            model, tuned = train(config, begin, given, used, show)
        after = tuning.accuracy(model, given.test)
        kept = validated(model, given)
        result = {
            "source": str(config.source),
            "data": report.data_facts(digits),
            "classes": list(given.classes),
            "rows": {"train": len(given.train.x), "test": len(given.test.x)}
            | ({"validation": len(given.validation.x)} if given.validation else {}),
            "shots": config.shots,
            "strategy": list(config.strategy),
            "seed": config.seed,
            "source_accuracy": before,
            "handoff": dataclasses.asdict(begin.handoff),
            "rescale": {"scale": begin.scale, "reason": begin.reason},
            "new_head": begin.new_head,
            "validation_accuracy": kept,
            "test_accuracy": after,
            "trainable_parameters": tuned.trainable_parameters,
            "parameters": sum(int(array.size) for array in tuning.values(model).values()),
            "kept_epoch": tuned.kept_epoch,
            "frozen": tuned.frozen,
            "seconds": round(tuned.seconds, 3),
            "recipe": dataclasses.asdict(used),
            "history": tuned.history,
        }
        _write(folder, config, device.name, digits, model, tuned, result)
    console.print(summary(result), highlight=False, soft_wrap=True, markup=False)
    console.print(f"Results: {final}", highlight=False, soft_wrap=True, markup=False)
    return 0


def train(
    config: FinetuneConfig,
    begin: "Start",
    given: Task,
    used: Recipe,
    show: Any = lambda epoch, losses: None,
) -> tuple["keras.Model", "Tuned"]:
    """Train what was handed over; return the model, compiled and without LoRA, and what happened.

    The one that is returned predicts what the trained one does, or this raises UserError.
    """
    from keras_models import stack, strategies
    from training import handoff, recipe, tuning

    plan = strategies.plan(
        begin.model, config.strategy, settings(config, config.seed), begin.new_head
    )
    tuned = tuning.tune(
        begin.model,
        plan,
        used,
        given.train,
        given.validation,
        {"test": given.test},
        config.seed,
        lambda epoch, row: show(epoch, {"loss": row["loss"]}),
    )
    model = stack.rebuild(begin.model)
    trained, rebuilt = (tuning.logits(one, given.test.x) for one in (begin.model, model))
    handoff.check(trained, rebuilt, 1.0, None, "logits")
    recipe.compile_for(model, used, updates=1, rates={})
    model.optimizer.build(model.trainable_variables)  # or it could not be loaded without a warning
    return model, tuned


def validated(model: "keras.Model", given: Task) -> float | None:
    """Return the accuracy on the rows that choose, if there are any."""
    from training import tuning

    return tuning.accuracy(model, given.validation) if given.validation else None


def handed(begin: "Start") -> str:
    """Return one line: what the hand-off check found."""
    found = begin.handoff
    same = "identical" if found.identical else f"within {found.largest_relative:.0e}"
    factor = "" if found.logit_scale == 1 else f" times {found.logit_scale:g}"
    line = f"hand-off: {found.of}{factor} {same}, the same predictions on {found.rows:,} rows"
    if found.loss_before is not None:
        line += f"; loss {found.loss_before:.4g} -> {found.loss_after:.4g}"
    if begin.scale != 1:
        line += f"\nrescaled by {begin.scale:g}: {begin.reason}"
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


def write_history(rows: list[dict[str, Any]], path: Path) -> None:
    """Write one line an epoch; every number reads back to the same float."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write(
    folder: Path,
    config: FinetuneConfig,
    device: str,
    digits: Digits,
    model: "keras.Model",
    tuned: "Tuned",
    result: dict[str, Any],
) -> None:
    runs.write_json(folder / "config.json", config)
    runs.write_json(
        folder / "environment.json",
        {**environment.describe(), "device": device, "data": report.data_facts(digits)},
    )
    runs.write_json(folder / "finetune.json", result)
    write_history(tuned.history, folder / "history.csv")
    model.save(folder / "model.keras")
