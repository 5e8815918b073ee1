"""What a comparison found, judged: losses, parity, accuracy, and whether the exact lane holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from training.data import Digits
from training.experiments import checksum
from training.experiments.checksum import Checksum
from training.experiments.lockstep import Lockstep
from training.lanes.history import History
from training.machine.devices import Device
from training.options.compare import CompareConfig
from training.parity import judgement, ladder
from training.parity.bits import sha256
from training.parity.judgement import Parity
from training.parity.ladder import Rung


@dataclass(frozen=True)
class Comparison:
    """What a comparison found; every mapping is by lane, the reference has no parity."""

    config: CompareConfig
    device: Device
    reference: str
    history: History
    parity: Mapping[str, Parity]
    test_accuracy: Mapping[str, float]
    initial_sha256: Mapping[str, str]
    workers: int = 1
    """How many shared out the rows; their weights are identical, or training ended in an error."""
    rungs: Mapping[str, Sequence[Rung]] = field(default_factory=dict)
    """The claims about a lane: initial weights, losses, final weights."""
    predicted: Mapping[str, np.ndarray] = field(default_factory=dict)
    """[test rows], columns of the largest logits."""
    checksum: Checksum | None = None
    """The portable lane's."""

    @property
    def exact_holds(self) -> bool | None:
        """Whether the exact lane is the reference; None if it did not run, or nothing is promised.

        On a CPU that is in bits; on a GPU, and where the gradient is summed in another order, it is
        to the tolerance of other kernels. Of mixed precision nothing is promised.
        """
        exact = self.parity.get("exact")
        if exact is None or self.config.precision == "mixed_bfloat16":
            return None
        if self.device.kind == "CPU" and not self.config.reordered:
            return exact.identical
        losses = self.history.losses
        return judgement.within_other_kernels(losses["exact"], losses[self.reference])

    @property
    def fails(self) -> bool:
        """Whether what has to hold does not, of the exact lane or of the portable one."""
        of_portable = self.checksum and self.checksum.holds
        return self.exact_holds is False or of_portable is False


def judge(
    lockstep: Lockstep,
    recorded: History,
    digits: Digits,
    config: CompareConfig,
    device: Device,
    workers: int,
) -> Comparison:
    """Return what was found of the lanes, the first of which is the reference, after training."""
    reference, *others = lockstep.trainees
    weights = reference.weights()
    losses = recorded.losses
    found, rungs = {}, {}
    for lane in others:
        ours = lane.weights()
        found[lane.name] = judgement.compare(
            losses[lane.name], ours, losses[reference.name], weights
        )
        rungs[lane.name] = (
            lockstep.initial_rungs[lane.name],
            judgement.losses_rung(found[lane.name], recorded.first),
            ladder.rung("final weights", ours, weights),
        )
    test = digits.test
    logits = {lane.name: lane.logits(test.x) for lane in lockstep.trainees}
    return Comparison(
        config=config,
        device=device,
        reference=reference.name,
        history=recorded,
        parity=found,
        test_accuracy={lane: test.accuracy(of) for lane, of in logits.items()},
        initial_sha256=sha256(lockstep.initial_weights),
        workers=workers,
        rungs=rungs,
        predicted={lane: of.argmax(axis=1) for lane, of in logits.items()},
        checksum=checksum.of(lockstep.trainees, recorded, digits, lockstep.initial_weights, config),
    )
