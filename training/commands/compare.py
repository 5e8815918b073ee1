"""`tf1keras compare`: train TensorFlow 1's graph and its Keras mirrors in lockstep, and judge.

    tf1keras compare
    tf1keras compare --data mnist --manual-dir DIR --lanes tf1 exact --epochs 100

Prints a table, one sentence of verdict and the run folder's path. Exit status 0: the exact lane is
TensorFlow 1's graph bit for bit (on a GPU: within the tolerance `other_kernels`); 1: it is not.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from training import data
from training.command_line.output import Output
from training.experiments import verdict
from training.experiments.comparison import Comparison, judge
from training.experiments.lockstep import Lockstep
from training.lanes import history, other_backends
from training.lanes.protocol import Trainee
from training.machine import cluster, devices, files
from training.machine.cluster import Cluster
from training.options.compare import CompareConfig
from training.reports import compare as page
from training.reports import inside, png, tensorboard
from training.runs import folders, saving, setting
from training.runs.origin import Origin


def run(config: CompareConfig) -> int:
    """Run the command; return its exit status."""
    other_backends.require(config.lanes)
    return train(config, folders.choose("compare", config.out))


def train(config: CompareConfig, final: Path, origin: Origin = Origin()) -> int:  # noqa: B008 (frozen)
    """Train and compare in the run folder `final`; return the exit status.

    Where an unfinished run lies there, its training goes on from what it has saved.
    """
    digits = data.load_all_classes(config.data, config.manual_dir)
    in_cluster = config.cluster != "none"
    device = devices.choose(config.device, config.replicas, of_worker=in_cluster)
    workers: Cluster | None = None
    if in_cluster:
        workers = cluster.join(config.cluster, device)
    if workers and not workers.chief:
        Lockstep(config, digits, device, workers, folders.unfinished(final), origin).assist()
        return 0
    out = Output(config)
    with folders.resumable(final, saving.STATE) as folder:
        out.note(setting.banner(config, digits, device, origin))
        setting.write(folder, config, device, digits)
        lockstep = Lockstep(config, digits, device, workers, folder, origin)
        recorded, trainees = lockstep.train(out.notes), lockstep.trainees
        comparison = dataclasses.replace(
            judge(trainees, recorded, digits.test, device, lockstep.beginning),
            stop_below=config.stop_below,
            dropout=config.dropout,
            reordered=config.reordered,
            precision=config.precision,
            workers=len(workers.addresses) if workers else 1,
        )
        _write(folder, trainees, comparison)
        if config.tensorboard:
            after = {trainee.name: trainee.weights() for trainee in trainees}
            tensorboard.write(
                folder / "tensorboard",
                recorded,
                comparison.reference,
                comparison.test_accuracy,
                lockstep.beginning.weights,
                after,
            )
        units = inside.first_units(lockstep.beginning.weights["W1"])
        page.write(folder, config, comparison, digits, trainees, units)
    results = verdict.results(comparison)
    out.show(page.table(results))
    out.show(f"\n{results['verdict']}")
    out.where(final)
    out.result(results, final)
    return 1 if comparison.exact_holds is False else 0


def _write(folder: Path, trainees: Sequence[Trainee], comparison: Comparison) -> None:
    losses = comparison.history.losses
    saving.write(folder, saving.snapshot(trainees, losses, comparison.history.first))
    history.write_csv(comparison.history, folder / "history.csv")
    files.write_json(
        folder / "parity.json",
        {
            "reference": comparison.reference,
            "initial_weights_sha256": comparison.initial_sha256,
            "lanes": {lane: dataclasses.asdict(p) for lane, p in comparison.parity.items()},
            "verdict": verdict.sentences(comparison),
        },
    )
    files.write_json(folder / "results.json", verdict.results(comparison))
    files.write_json(
        folder / "placement.json",
        {
            "requested": comparison.device.name,
            "executed": {trainee.name: trainee.placement for trainee in trainees},
        },
    )
    png.losses(comparison.history, comparison.reference, folder / "losses.png")
    for trainee in trainees:
        trainee.save(folder)
