"""`tf1keras compare`: train TensorFlow 1's graph and its Keras mirrors in lockstep, and judge.

    tf1keras compare
    tf1keras compare --data mnist --manual-dir DIR --lanes tf1 exact --epochs 100

Prints a table, one sentence of verdict and the run folder's path. Exit status 0: the exact lane is
TensorFlow 1's graph bit for bit (on a GPU: within the tolerance `other_kernels`); 1: it is not.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console

from tf1_compat.state import State
from training import (
    backend,
    data,
    devices,
    history,
    ladder,
    lanes,
    loop,
    parity,
    plot,
    progress,
    report,
    runs,
)
from training.config import CompareConfig
from training.data import Examples
from training.devices import Device
from training.history import History
from training.ladder import Rung
from training.loop import Trainee
from training.pages import compare as page
from training.pages import inside
from training.parity import Parity


@dataclass(frozen=True)
class Comparison:
    """What a comparison found; every mapping is by lane, the reference has no parity."""

    device: Device
    reference: str
    history: History
    parity: Mapping[str, Parity]
    test_accuracy: Mapping[str, float]
    initial_sha256: Mapping[str, str]
    stop_below: float | None = None
    sliced: bool = False
    """The Keras lanes summed their gradient over slices of the rows, in another order then."""
    dropout: float = 0.0
    """Of the idiomatic lanes, which then differ by more than arithmetic."""
    rungs: Mapping[str, Sequence[Rung]] = field(default_factory=dict)
    """The claims about a lane: initial weights, losses, final weights."""
    predicted: Mapping[str, np.ndarray] = field(default_factory=dict)
    """[test rows], columns of the largest logits."""

    @property
    def exact_holds(self) -> bool | None:
        """Whether the exact lane is the reference; None if it did not run.

        On a CPU that is in bits; on a GPU, and where the gradient is summed over slices, it is to
        the tolerance of other kernels.
        """
        exact = self.parity.get("exact")
        if exact is None:
            return None
        if self.device.kind == "CPU" and not self.sliced:
            return exact.identical
        losses = self.history.losses
        return parity.within_other_kernels(losses["exact"], losses[self.reference])


class Beginning(NamedTuple):
    """Where the lanes start: from the reference's weights, each by its SHA-256."""

    sha256: Mapping[str, str]
    rungs: Mapping[str, Rung]
    """Lane -> whether it has the same."""
    units: np.ndarray
    """[784, n], weights of the first hidden units."""


def run(config: CompareConfig) -> int:
    """Run the command; return its exit status."""
    backend.require(config.lanes)
    return train(config, runs.choose("compare", config.out))


def train(config: CompareConfig, final: Path, start: State | None = None) -> int:
    """Train and compare in the run folder `final`; return the exit status.

    `start` is where every lane starts; by default from the initial weights of the seed.
    """
    digits = data.load_all_classes(config.data, config.manual_dir)
    device = devices.choose(config.device)
    console, notes = Console(), Console(stderr=True)
    with runs.new(final) as folder:
        notes.print(report.banner(config, digits, device, start), highlight=False, soft_wrap=True)
        report.write_setting(folder, config, device, digits)
        trainees = lanes.build(
            config.lanes, digits.train, config.seed, device, config.hyper, config.micro_batch
        )
        if start:
            for trainee in trainees:
                trainee.load_state(start)
        begun = _begin(trainees)
        first = start.step or 0 if start else 0
        recorded = dataclasses.replace(_train(trainees, config, device, notes), first=first)
        comparison = dataclasses.replace(
            _judge(trainees, recorded, digits.test, device, begun),
            stop_below=config.stop_below,
            dropout=config.dropout,
            sliced=config.micro_batch is not None,
        )
        _write(folder, trainees, comparison)
        page.write(folder, config, comparison, digits, trainees, begun.units)
    results = report.results(comparison)
    console.print(report.table(results))
    console.print(f"\n{results['verdict']}", highlight=False, soft_wrap=True)
    console.print(f"Results: {final}", highlight=False, soft_wrap=True, markup=False)
    return 1 if comparison.exact_holds is False else 0


def _train(
    trainees: Sequence[Trainee], config: CompareConfig, device: Device, notes: Console
) -> History:
    """Train in lockstep; after the first epoch check and print what was placed where."""
    with progress.line(config.epochs, notes) as show:

        def on_epoch(epoch: int, losses: Mapping[str, np.float32]) -> None:
            if epoch == 0:
                for trainee in trainees:
                    where = Device("CPU", 0) if trainee.name == "numpy" else device
                    devices.check(trainee.name, trainee.placement, where)
                    placed = devices.describe(trainee.placement)
                    notes.print(f"executed {trainee.name}: {placed}", highlight=False)
            show(epoch, losses)

        return loop.train(
            trainees,
            config.epochs,
            on_epoch,
            stop_below=config.stop_below,
            per_call=config.epochs_per_call,
        )


def _begin(trainees: Sequence[Trainee]) -> Beginning:
    weights = trainees[0].weights()
    return Beginning(
        {name: _sha256(array) for name, array in weights.items()},
        {
            lane.name: ladder.rung("initial weights", lane.weights(), weights)
            for lane in trainees[1:]
        },
        inside.first_units(weights["W1"]),
    )


def _judge(
    trainees: Sequence[Trainee],
    recorded: History,
    test: Examples,
    device: Device,
    begun: Beginning,
) -> Comparison:
    reference, *others = trainees
    weights = reference.weights()
    losses = recorded.losses
    found, rungs = {}, {}
    for lane in others:
        ours = lane.weights()
        found[lane.name] = parity.compare(losses[lane.name], ours, losses[reference.name], weights)
        rungs[lane.name] = (
            begun.rungs[lane.name],
            parity.losses_rung(found[lane.name], recorded.first),
            ladder.rung("final weights", ours, weights),
        )
    logits = {lane.name: lane.logits(test.x) for lane in trainees}
    return Comparison(
        device=device,
        reference=reference.name,
        history=recorded,
        parity=found,
        test_accuracy={lane: test.accuracy(of) for lane, of in logits.items()},
        initial_sha256=begun.sha256,
        rungs=rungs,
        predicted={lane: of.argmax(axis=1) for lane, of in logits.items()},
    )


def _sha256(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def _write(folder: Path, trainees: Sequence[Trainee], comparison: Comparison) -> None:
    history.write_csv(comparison.history, folder / "history.csv")
    runs.write_json(
        folder / "parity.json",
        {
            "reference": comparison.reference,
            "initial_weights_sha256": comparison.initial_sha256,
            "lanes": {lane: dataclasses.asdict(p) for lane, p in comparison.parity.items()},
            "verdict": report.verdict(comparison),
        },
    )
    runs.write_json(folder / "results.json", report.results(comparison))
    runs.write_json(
        folder / "placement.json",
        {
            "requested": comparison.device.name,
            "executed": {trainee.name: trainee.placement for trainee in trainees},
        },
    )
    plot.losses(comparison.history, comparison.reference, folder / "losses.png")
    for trainee in trainees:
        trainee.save(folder)
