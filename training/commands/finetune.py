"""`tf1keras finetune SOURCE`: from a trained model to a better one, or to other data.

    tf1keras finetune runs/TIME-compare --data mnist
    tf1keras finetune model.keras --data digits --shots 5 --strategy probe

Checks the hand-off, trains with a recipe and a strategy, and writes `finetune.json`, `history.csv`
and `model.keras`.
"""

import dataclasses
from pathlib import Path

from training import data
from training.command_line.output import Output
from training.finetuning import split
from training.machine import devices, environment, files
from training.model_files import pretrained, reading
from training.options.finetune import FinetuneConfig
from training.reports import finetune as report
from training.runs import names
from training.runs.session import Session


def run(config: FinetuneConfig) -> int:
    """Run the command; return its exit status."""
    command = "finetune-study" if config.study else "finetune"
    return run_in(config, names.choose(command, config.out))


def run_in(config: FinetuneConfig, final: Path) -> int:
    """Fine-tune in the run folder `final`, from what an unfinished run there has saved on, if any.

    Returns the exit status. Raises UserError where what was saved does not fit, and Stopped.
    """
    if config.study:
        from training.commands import finetune_study

        return finetune_study.run_in(config, final)
    reading.kind(config.source)  # refuses at once what is not there
    device = devices.choose(config.device)
    import tensorflow as tf

    from training.finetuning import handoff, train, tuning

    digits = data.load(config.data, config.manual_dir, config.fit)
    task = split.task(digits, config.shots, config.seed)
    session = Session(config, digits, device, Output(config))
    session.out.note(f"{environment.banner()}\ndata {digits.describe()}")
    with tf.device(device.name):
        origin = pretrained.load(config.source)  # before a folder is made, for it may be refused
    with session.folder(final) as folder, tf.device(device.name):
        begun = handoff.hand_over(config, origin, task, device)
        session.out.note(report.handed(begun))
        before = None if begun.new_head else pretrained.accuracy(origin.model, task.test)
        model, tuned = train.train_saving(config, begun, task, folder, session.out.notes)
        result = {
            "source": str(config.source),
            "data": digits.facts(),
            "classes": list(task.classes),
            "rows": {"train": len(task.train.x), "test": len(task.test.x)}
            | ({"validation": len(task.validation.x)} if task.validation else {}),
            "shots": config.shots,
            "strategy": list(config.strategy),
            "seed": config.seed,
            "source_accuracy": before,
            "handoff": dataclasses.asdict(begun.handoff),
            "rescale": {"scale": begun.scale, "reason": begun.reason},
            "new_head": begun.new_head,
            "validation_accuracy": tuned.kept.get("validation_accuracy"),
            "test_accuracy": pretrained.accuracy(model, task.test),
            "trainable_parameters": tuned.trainable_parameters,
            "parameters": sum(int(array.size) for array in tuning.values(model).values()),
            "kept_epoch": tuned.kept_epoch,
            "frozen": tuned.frozen,
            "seconds": round(tuned.seconds, 3),
            "recipe": dataclasses.asdict(train.recipe(config)),
            "history": tuned.history,
        }
        files.write_json(folder / "finetune.json", result)
        (folder / "history.csv").unlink(missing_ok=True)  # of a process that ended while writing
        files.write_csv(folder / "history.csv", tuned.history)
        model.save(folder / "model.keras")
        report.write(folder, config, result, task, origin, model)
    session.end(final, result, report.summary(result))
    return 0
