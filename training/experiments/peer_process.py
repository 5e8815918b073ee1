"""Each peer of a bench in a process of its own, measured in turn with the floor's."""

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from training import data
from training.errors import UserError, first_line
from training.experiments import peers
from training.lanes import other_backends
from training.machine import startup
from training.machine.processes import Child
from training.options.bench import BenchConfig, Peer

MEASURED = 0.5
"""Seconds that one measurement lasts, at least: so many epochs are timed at once."""
WARM_UP = 3
"""Epochs before anything is measured: graphs are built, kernels chosen, memory is reserved."""
OURS = ("floor", "tf1", "exact", "idiomatic", "tf2", "article", "tf115", "numpy", "portable")
"""What is no other library's way of doing it today; plain `keras.fit` is one."""


def measure(
    rows: int, config: BenchConfig, note: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Return peer -> what was measured with `rows` rows, the floor first."""
    found: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        floor = stack.enter_context(Process("floor", rows, config.micro_batch))
        if floor.failed:
            raise UserError(
                f"--rows {rows}: not even the floor can be measured with so many rows "
                f"({floor.failed}).\nTake fewer, or --micro-batch."
            )
        every: list[Peer] = ["floor", *(peer for peer in config.peers if peer != "floor")]
        for peer in every:
            note(f"{rows:,} rows: {peer}")
            missing = _missing(peer)
            found[peer] = {"missing": missing} if missing else _against(floor, peer, rows, config)
    fastest = min(
        (of["to_floor"] for peer, of in found.items() if peer not in OURS and "to_floor" in of),
        default=None,
    )
    for of in found.values():
        if fastest and "to_floor" in of:
            of["to_fastest_peer"] = of["to_floor"] / fastest
    return found


def _missing(peer: Peer) -> str | None:
    if peer == "tf115" and not os.environ.get(peers.TF115):
        return f"{peers.TF115}=PYTHON names no TensorFlow 1.15.5: make tf115"
    return other_backends.missing(peers.NEEDS.get(peer))


def _against(floor: "Process", peer: Peer, rows: int, config: BenchConfig) -> dict[str, Any]:
    """Measure `peer` and the floor in turn; a peer that fails is a line in the table."""
    if peer == "floor":
        alone = [floor.seconds() for _ in range(config.rounds)]
        return _facts([(seconds, seconds) for seconds in alone], floor.peak_mb())
    with Process(peer, rows, config.micro_batch) as process:
        if process.failed:
            return {"missing": process.failed}
        pairs = [(process.seconds(), floor.seconds()) for _ in range(config.rounds)]
        return _facts(pairs, process.peak_mb())


def _facts(pairs: Sequence[tuple[float, float]], peak_mb: float) -> dict[str, Any]:
    of_peer = [ours for ours, _ in pairs]
    return {
        "median_s": statistics.median(of_peer),
        "min_s": min(of_peer),
        "max_s": max(of_peer),
        "n": len(of_peer),
        "peak_mb": peak_mb,
        "to_floor": statistics.median(ours / floors for ours, floors in pairs),
    }


class Process(Child):
    """A peer, bound to `rows` rows and warmed up, in a process of its own."""

    def __init__(self, peer: Peer, rows: int, micro_batch: int | None = None) -> None:
        super().__init__()
        self.failed: str | None = None
        self._epochs, self._times = 1, 1.0
        try:
            if peer == "floor" and micro_batch and micro_batch < rows:  # of one slice, so often
                self._times = rows / micro_batch
                rows = micro_batch
            second = self.submit(_start, peer, rows, micro_batch).result()
            self._epochs = max(1, round(MEASURED / second))
        except Exception as error:  # whatever another library raises here, or a process that died
            self.failed = f"{type(error).__name__}: {first_line(error)}"
        except BaseException:  # Ctrl-C, before there is a context to leave
            self.kill()
            raise

    def seconds(self) -> float:
        """Return the seconds of one epoch, the mean of a few."""
        return self.submit(_time, self._epochs).result() / self._epochs * self._times

    def peak_mb(self) -> float:
        """Return the largest resident memory so far, in MB of 2^20 bytes."""
        return self.submit(_peak_mb).result()


# What follows runs in the peer's process.

_here: dict[str, Any] = {}


def _start(peer: Peer, rows: int, micro_batch: int | None) -> float:
    """Build and warm up; return the seconds of an epoch, roughly."""
    with startup.standard_error_held_back():
        if micro_batch and peer != "floor":
            _here["train"] = peers.streamed(peer, rows, micro_batch)
        else:
            _here["train"] = peers.PEERS[peer](*data.synthetic(rows))
        _here["train"](1 if micro_batch else WARM_UP)
    return _time(1)


def _time(epochs: int) -> float:
    start = time.perf_counter()
    _here["train"](epochs)
    return time.perf_counter() - start


def _peak_mb() -> float:
    """Return VmHWM: Linux hands a parent's ru_maxrss on to what it starts."""
    status = Path(f"/proc/{getattr(_here['train'], 'pid', 'self')}/status")
    if status.is_file():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) / 2**10, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
