"""`tf1keras finetune SOURCE --study`: every strategy against training from scratch.

    tf1keras finetune model.ckpt --study --data digits --shots 5 --seeds 5

All rows of the table have the same rows to train with, the same recipe and as many epochs. `naive`
goes on from the source's weights as they are, `full` and what follows from rescaled ones.
"""

import dataclasses
from pathlib import Path
from typing import Any

from training import data
from training.command_line.output import Output
from training.finetuning import saved_study
from training.machine import devices, environment, files
from training.model_files import pretrained, reading
from training.options.finetune import FinetuneConfig
from training.reports import finetune_study as report
from training.runs import chain
from training.runs.session import Session


def run_in(config: FinetuneConfig, final: Path) -> int:
    """Study in the run folder `final`, without what an unfinished run there has trained already.

    Returns the exit status. Raises UserError where what was saved is damaged, and Stopped.
    """
    reading.kind(config.source)
    device = devices.choose(config.device)
    import tensorflow as tf

    from training.finetuning import study, train, tuning

    digits = data.load(config.data, config.manual_dir, config.fit)
    home = data.load(config.source_data)
    session = Session(config, digits, device, Output(config))
    session.out.note(f"{environment.banner()}\ndata {digits.describe()}")
    with tf.device(device.name):
        origin = pretrained.load(config.source)
    with session.folder(final) as folder, tf.device(device.name):
        own = chain.with_weights(folder, tuning.values(origin.model))
        done = saved_study.read(folder, own)
        if done.rows:
            session.out.note(f"goes on after {study.count(config, done)}")
        study.train_left(config, session, done, origin, home, final, own)
        own_task = origin.classes == home.classes
        results: dict[str, Any] = {
            "data": config.data,
            "shots": config.shots,
            "recipe": dataclasses.asdict(train.recipe(config)),
            "seeds": config.seeds,
            "target_accuracy": config.accuracy,
            "source_accuracy": pretrained.accuracy(origin.model, home.test) if own_task else None,
            "rows": saved_study.summarize(done.rows),
        }
        files.write_json(folder / "study.json", results)
        files.write_csv(folder / "study.csv", [dataclasses.asdict(row) for row in done.rows])
        report.write(folder, config, done, results)
    said = f"\n{report.verdict(results['rows']).en}"
    session.end(final, results, report.table(results), said)
    return 0
