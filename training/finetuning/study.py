"""The trainings of a study: every strategy and training from scratch, each with several seeds."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from training.data import Digits
from training.finetuning import saved_study, split, train
from training.finetuning.saved_progress import Progress
from training.finetuning.saved_study import Row, StudyProgress
from training.machine.devices import Device
from training.machine.signals import Interruption, Stopped
from training.model_files import pretrained
from training.options.finetune import FinetuneConfig, Strategy

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


def train_left(
    config: FinetuneConfig,
    done: StudyProgress,
    origin: "Pretrained",
    digits: Digits,
    home: Digits,
    device: Device,
    final: Path,
    folder: Path,
    note: Callable[[str], None],
) -> None:
    """Train what is not `done`, add it there, and save it in `folder`, one training after another.

    `home` is data of the source's own task, `final` is what the run folder will be called. Raises
    Stopped after Ctrl-C or SIGTERM.
    """
    with Interruption() as interruption:

        def after_epoch(now: Progress) -> None:
            if interruption.number:
                raise _stopped(interruption.number, config, done, final)

        for asked, name in _left(config, done):
            row, curve = _train(name, asked, origin, digits, home, device, after_epoch)
            done.rows.append(row)
            done.curves.append(curve)
            saved_study.write(folder, done)
            note(f"{name} seed {row.seed}: {row.test_accuracy:.2%} in {row.seconds:.1f} s")


def _names() -> list[str]:
    """Return the rows of the table, in order."""
    return ["scratch", "naive", *STRATEGIES]


def _left(config: FinetuneConfig, done: StudyProgress) -> Iterator[tuple[FinetuneConfig, str]]:
    """Yield the options and the name of each training that is not done."""
    for name in _names():
        for seed in range(config.seed, config.seed + config.seeds):
            if not done.done(name, seed):
                strategy = STRATEGIES.get(name, ("full",))
                rescale = "none" if name == "naive" else config.rescale
                asked = dataclasses.replace(config, seed=seed, strategy=strategy, rescale=rescale)
                yield asked, name


def count(config: FinetuneConfig, done: StudyProgress) -> str:
    """Return how many trainings are done, of how many."""
    return f"{len(done.rows)} of {len(_names()) * config.seeds} trainings"


def _stopped(number: int, config: FinetuneConfig, done: StudyProgress, final: Path) -> Stopped:
    trainings = f"{count(config, done)} are done"
    if not done.rows:
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
        handed = train.hand_over(config, origin, task, device)
        begun, new_head = handed.model, handed.new_head
    model, tuned = train.train(config, begun, task, new_head, after_epoch)
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
