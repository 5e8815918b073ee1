"""`tf1keras compare`: train TensorFlow 1's graph and its Keras mirrors in lockstep, and judge.

    tf1keras compare
    tf1keras compare --data mnist --manual-dir DIR --lanes tf1 exact --epochs 100

Prints a table, one sentence of verdict and the run folder's path. Exit status 0: the exact lane is
TensorFlow 1's graph bit for bit (on a GPU: within the tolerance `other_kernels`), and the portable
lane, if it trains, has the recorded checksum; 1: not so.
"""

import dataclasses
from pathlib import Path

from training import data
from training.command_line.output import Output
from training.experiments import verdict
from training.experiments.comparison import Comparison, judge
from training.experiments.lockstep import Lockstep
from training.lanes import history, other_backends
from training.machine import cluster, devices, files
from training.options.compare import CompareConfig
from training.reports import compare as report
from training.reports import tensorboard
from training.runs import names
from training.runs.session import Origin, Session


def run(config: CompareConfig) -> int:
    """Run the command; return its exit status."""
    other_backends.require(config.lanes)
    return run_in(config, names.choose("compare", config.out))


def run_in(
    config: CompareConfig,
    final: Path,
    origin: Origin = Origin(),  # noqa: B008 (frozen)
) -> int:
    """Train and compare in the run folder `final`; return the exit status.

    Where an unfinished run lies there, its training goes on from what it has saved.
    """
    digits = data.load_all_classes(config.data, config.manual_dir)
    in_cluster = config.cluster != "none"
    device = devices.choose(config.device, config.replicas, of_worker=in_cluster)
    workers = cluster.join(config.cluster, device) if in_cluster else None
    if workers and not workers.chief:
        Lockstep(config, digits, device, workers, names.unfinished(final), origin).assist()
        return 0
    session = Session(config, digits, device, Output(config))
    with session.folder(final, keep_state=True, banner=session.banner(origin)) as folder:
        lockstep = Lockstep(config, digits, device, workers, folder, origin)
        recorded = lockstep.train(session.out.notes)
        count = len(workers.addresses) if workers else 1
        comparison = judge(lockstep, recorded, digits, config, device, count)
        results = verdict.results(comparison)
        _write(folder, lockstep, comparison, results)
        report.write(folder, comparison, results, digits, lockstep)
    session.end(final, results, report.table(results), f"\n{results['verdict']}")
    return 1 if comparison.fails else 0


def _write(
    folder: Path, lockstep: Lockstep, comparison: Comparison, results: dict[str, object]
) -> None:
    history.write_csv(comparison.history, folder / "history.csv")
    files.write_json(
        folder / "parity.json",
        {
            "reference": comparison.reference,
            "initial_weights_sha256": comparison.initial_sha256,
            "lanes": {lane: dataclasses.asdict(p) for lane, p in comparison.parity.items()},
            "verdict": results["verdict"],
        },
    )
    files.write_json(folder / "results.json", results)
    files.write_json(
        folder / "placement.json",
        {
            "requested": comparison.device.name,
            "executed": {trainee.name: trainee.placement for trainee in lockstep.trainees},
        },
    )
    for trainee in lockstep.trainees:
        trainee.save(folder)
    if comparison.config.tensorboard:
        tensorboard.write(folder / "tensorboard", comparison, lockstep)
