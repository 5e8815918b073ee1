"""The training of a comparison: all lanes in lockstep, saved on the way, here or on workers."""

import contextlib
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from tf1_compat.hyperparameters import LISTING
from training.command_line import progress, words
from training.data import Digits
from training.lanes import loop
from training.lanes.build import Manner, build
from training.lanes.history import History
from training.machine import devices
from training.machine.cluster import Cluster
from training.machine.devices import Device
from training.options.compare import CompareConfig
from training.options.lanes import LANES, SHARED, Lane
from training.parity.bits import sha256
from training.parity.ladder import rung
from training.runs import saving
from training.runs.session import Origin
from training.runs.training import SavedTraining

RECORDED = (1, 3, 10, 30, 100, 300)
"""After so many epochs the weights of the first lane are kept, where the article's model trains."""


class Lockstep:
    """The lanes of a comparison, set to where training begins or, in `folder`, has come to.

    `workers` are whom the rows are shared out to, None where there is only this process; others
    than the chief train what is shared out and nothing else.
    """

    def __init__(
        self,
        config: CompareConfig,
        digits: Digits,
        device: Device,
        workers: Cluster | None,
        folder: Path,
        origin: Origin,
    ) -> None:
        self._config, self._device, self._workers = config, device, workers
        names: list[Lane] = list(config.lanes)
        if workers and not workers.chief:
            names = [lane for lane in names if lane in SHARED]
        strategy = workers.strategy if workers else None
        if config.replicas > 1 and not workers:
            strategy = devices.mirrored(device, config.replicas)
        manner = Manner(config.micro_batch, strategy, config.feed, config.precision)
        self.trainees = build(names, digits.train, config.seed, device, config.hyper, manner)
        if origin.saved:
            saving.restore(self.trainees, origin.saved)
        elif origin.state:
            for trainee in self.trainees:
                trainee.load_state(origin.state)
        first, *others = self.trainees
        self.initial_weights = first.weights()
        """Where the first lane starts, by the article's names."""
        self.initial_rungs = {
            lane.name: rung("initial weights", lane.weights(), self.initial_weights)
            for lane in others
        }
        """Other lane -> whether it starts there, too."""
        self.recorded: dict[int, Mapping[str, np.ndarray]] = {}
        """Its weights on the way, by epoch; not of epochs that another process has trained."""
        self._training = SavedTraining(
            self.trainees,
            folder,
            config.save_every,
            first=origin.first,
            remember=workers is not None,
            some=workers is not None and not workers.chief,
        )
        self._how: dict[str, Any] = {
            # Two lanes at once would mix up their sums: workers wait for each other for ever,
            # and replicas of one machine get other bits than each other.
            "timed": config.epochs if strategy else loop.TIMED_EPOCHS,
            "stop_below": config.stop_below,
            "per_call": config.epochs_per_call,
        }
        if workers:
            workers.agree("data", digits.sha256)
            workers.agree("options", words.of(config))
            self._agree_on_weights(workers)

    def _agree_on_weights(self, workers: Cluster) -> None:
        for trainee in self.trainees:
            if trainee.name in SHARED:
                workers.agree(f"weights in lane {trainee.name}", sha256(trainee.weights()))

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        """Within it other workers are watched; at its end all must have the same weights."""
        if self._workers is None:
            yield
            return
        with self._workers.watched():
            yield
            self._agree_on_weights(self._workers)

    def assist(self) -> None:
        """Train with the chief, as another worker; print and write nothing."""
        for number in (signal.SIGINT, signal.SIGHUP):  # a terminal's are the chief's to answer
            signal.signal(number, signal.SIG_IGN)
        with self._together():
            loop.train(
                self.trainees,
                self._config.epochs,
                lambda epoch, losses: None,
                done=self._training.begun.losses,
                **self._how,
            )

    def train(self, notes: Console) -> History:
        """Train, saving; after the first epoch check and print what was placed where."""
        unchecked = True

        def on_epoch(epoch: int, losses: Mapping[str, np.floating]) -> None:
            nonlocal unchecked
            if unchecked:
                self._check_placement(notes)
            unchecked = False
            show(epoch, losses)

        def record(done: int) -> None:
            if done in RECORDED and self._config.hyper == LISTING:
                self.recorded[self._training.begun.first + done] = self.trainees[0].weights()

        epochs = self._config.epochs
        with progress.line(epochs, notes, self._training.begun.last) as show:
            return self._training.run(
                epochs, on_epoch, record, within=self._together(), **self._how
            )

    def _check_placement(self, notes: Console) -> None:
        shared = self._config.replicas
        if self._workers:  # each takes all devices of its machine
            shared = len(self._workers.strategy.extended.worker_devices)
        for trainee in self.trainees:
            count = shared if trainee.name in SHARED else 1
            device = Device("CPU", 0) if LANES[trainee.name].cpu_only else self._device
            devices.check(trainee.name, trainee.placement, *devices.from_on(device, count))
            placed = devices.describe(trainee.placement)
            notes.print(f"executed {trainee.name}: {placed}", highlight=False)
