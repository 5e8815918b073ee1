"""The portable lane's checksum beside the one that was recorded: no machine may have another."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tf1_compat.hyperparameters import LISTING
from training.data import Digits
from training.lanes import portable
from training.lanes.history import History
from training.lanes.protocol import Trainee
from training.options.compare import CompareConfig
from training.parity.bits import sha256_of_all

RECORDED = {
    (
        "116356584b3a172cab8e864640b2d802a262359680d07ff969c0d6dc617f0a6b",
        "6fde769277fa785e8ade8c7cec8d58c55150bec50762e8702ebe2f66bad9f3ac",
        1000,
    ): "a006a1d4fe7118896533ecbb398a7e8558c47f99a0a0354dc8b20cb612fb4f42",
    (
        "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16",
        "6fde769277fa785e8ade8c7cec8d58c55150bec50762e8702ebe2f66bad9f3ac",
        20,
    ): "17e8c1bb383f36dcb52e3a27b150563d71f676f05b6e9ffc59954940b473e15f",
}
"""(SHA-256 of the data, of the initial weights, epochs) -> the checksum: mnist_5k and all of MNIST,
both with seed 1234. tests/golden/README.md says where they were recorded."""


class Checksum(NamedTuple):
    """Of the portable lane's losses and weights."""

    found: str
    recorded: str | None
    """None where none is recorded for such a run."""

    @property
    def holds(self) -> bool | None:
        """Whether it is the recorded one; None where there is none."""
        return None if self.recorded is None else self.found == self.recorded


def of(
    trainees: Sequence[Trainee],
    history: History,
    digits: Digits,
    initial_weights: Mapping[str, np.ndarray],
    config: CompareConfig,
) -> Checksum | None:
    """Return the checksum of the portable lane, None where it did not train."""
    for trainee in trainees:
        if trainee.name == portable.Portable.name:
            found = portable.checksum(history.losses[trainee.name], trainee.weights())
            single = {name: a.astype(np.float32) for name, a in initial_weights.items()}
            run = (digits.sha256, sha256_of_all(single), history.epochs)
            whole = replace(config.hyper, dropout=0.0) == LISTING and history.first == 0
            return Checksum(found, RECORDED.get(run) if whole else None)
    return None
