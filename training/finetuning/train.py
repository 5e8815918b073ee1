"""A fine-tuning as the options ask for it: the source handed over, trained, and copied."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from training.command_line import progress
from training.finetuning import handoff, saved_progress
from training.finetuning.handoff import HandedOver
from training.finetuning.recipe import RATE_OF_FEW, RECIPES, Recipe, compile_for
from training.finetuning.saved_progress import Progress
from training.finetuning.split import Task
from training.model_files import pretrained
from training.options.finetune import FinetuneConfig
from training.runs import chain
from training.runs.saver import Saver
from training.runs.state_file import STATE

if TYPE_CHECKING:
    import keras
    from rich.console import Console

    from training.finetuning.tuning import AfterEpoch, Tuned


def recipe(config: FinetuneConfig) -> Recipe:
    """Return the recipe that was asked for, with what options change in it."""
    chosen = RECIPES[config.recipe]
    rate = chosen.learning_rate * (RATE_OF_FEW if config.shots else 1.0)
    return dataclasses.replace(chosen, learning_rate=rate, epochs=config.epochs or chosen.epochs)


def train(
    config: FinetuneConfig,
    model: "keras.Model",
    task: Task,
    new_head: bool,
    after_epoch: "AfterEpoch",
    saved: Progress | None = None,
) -> tuple["keras.Model", "Tuned"]:
    """Train `model`; return a copy of it, compiled and without LoRA, and what happened.

    Training goes on from what was `saved`, if anything was. The one that is returned predicts what
    the trained one does, or this raises UserError.
    """
    from keras_models.classifiers import kinds, strategies
    from training.finetuning import tuning

    used, seed = recipe(config), config.seed
    settings = strategies.Settings(config.lora_rank, config.lora_alpha, seed=seed)
    plan = strategies.plan(model, config.strategy, settings, new_head)
    tuned = tuning.tune(model, plan, used, task, seed, after_epoch, saved)
    copy = kinds.of(model).rebuild(model)
    trained, rebuilt = (pretrained.logits(one, task.test.x) for one in (model, copy))
    handoff.check(trained, rebuilt, 1.0, None, "logits")
    compile_for(copy, used, updates=1, epochs=1, rates={})  # or it is loaded with a warning
    return copy, tuned


def train_saving(
    config: FinetuneConfig, begun: HandedOver, task: Task, folder: Path, notes: "Console"
) -> tuple["keras.Model", "Tuned"]:
    """Train as `train`, with a progress line, and save to `folder` on the way."""
    from training.finetuning import tuning

    path, run = folder / STATE, chain.with_weights(folder, tuning.values(begun.model))
    saved = saved_progress.read(path, run) if path.is_file() else None
    last = saved.last if saved else None
    saver = Saver(path, run, config.save_every, last, first=1)

    def after_epoch(now: Progress) -> None:
        row = now.history[-1]
        show(row["epoch"] - 1, {"loss": row["loss"]})
        saver.after_epoch(now.last, lambda: now)

    with progress.line(recipe(config).epochs, notes, last) as show, saver.watching():
        return train(config, begun.model, task, begun.new_head, after_epoch, saved)
