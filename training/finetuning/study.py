"""The trainings of a study: every strategy and training from scratch, each with several seeds."""

import dataclasses
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from training.data import Digits
from training.finetuning import handoff, saved_study, split, train
from training.finetuning.saved_progress import Progress
from training.finetuning.saved_study import Row, StudyProgress
from training.machine.signals import Interruption, Stopped
from training.model_files import pretrained
from training.options.finetune import FinetuneConfig, Strategy
from training.runs import names
from training.runs.chain import Chain
from training.runs.session import Session

if TYPE_CHECKING:
    from training.finetuning.tuning import AfterEpoch
    from training.model_files.pretrained import Pretrained

STRATEGIES: dict[str, tuple[Strategy, ...]] = {
    "scratch": ("full",),
    "naive": ("full",),
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
"""The rows of the table, in order, and what trains in each."""


def train_left(
    config: FinetuneConfig,
    session: Session,
    done: StudyProgress,
    origin: "Pretrained",
    home: Digits,
    final: Path,
    own: Chain,
) -> None:
    """Train what is not `done`, add it there, and save it, one training after another.

    `home` is data of the source's own task, `final` is what the run folder will be called, `own` is
    the run's chain. Raises Stopped after Ctrl-C, SIGTERM or SIGHUP.
    """
    with Interruption() as interruption:

        def after_epoch(now: Progress) -> None:
            if interruption.number:
                goes_on = f" and saved.\ntf1keras resume {final} goes on with the next."
                kept = goes_on if done.rows else ", so nothing was written."
                said = f"stopped; {count(config, done)} are done{kept}"
                raise Stopped(said, interruption.number)

        seeds = range(config.seed, config.seed + config.seeds)
        for (name, strategy), seed in itertools.product(STRATEGIES.items(), seeds):
            if done.done(name, seed):
                continue
            rescale = "none" if name == "naive" else config.rescale
            asked = dataclasses.replace(config, seed=seed, strategy=strategy, rescale=rescale)
            row, curve = _train(name, asked, session, origin, home, after_epoch)
            done.rows.append(row)
            done.curves.append(curve)
            saved_study.write(names.unfinished(final), done, own)
            said = f"{name} seed {seed}: {row.test_accuracy:.2%} in {row.seconds:.1f} s"
            session.out.note(said)


def count(config: FinetuneConfig, done: StudyProgress) -> str:
    """Return how many trainings are done, of how many."""
    return f"{len(done.rows)} of {len(STRATEGIES) * config.seeds} trainings"


def _train(
    name: str,
    config: FinetuneConfig,
    session: Session,
    origin: "Pretrained",
    home: Digits,
    after_epoch: "AfterEpoch",
) -> tuple[Row, list[float]]:
    """Return a row of the study and the test accuracy before and after each epoch."""
    from keras_models.classifiers import kinds

    task = split.task(session.digits, config.shots, config.seed)
    if name == "scratch":
        kind = kinds.of(origin.model)
        begun, new_head = kind.fresh(origin.model, len(task.classes), config.seed), False
    else:
        handed = handoff.hand_over(config, origin, task, session.device)
        begun, new_head = handed.model, handed.new_head
    model, tuned = train.train(config, begun, task, new_head, after_epoch)
    curve = [row["test_accuracy"] for row in tuned.history]
    reached = [row for row in tuned.history if row["test_accuracy"] >= config.accuracy]
    remembers = None
    if name != "scratch" and not new_head and task.classes == home.classes:
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
