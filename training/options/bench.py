"""The options of `tf1keras bench`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from training.errors import UserError
from training.options.shared import OutputOptions
from training.options.shared.limits import check_count, shown

Peer = Literal[
    "floor",
    "tf1",
    "exact",
    "idiomatic",
    "tf2",
    "article",
    "tf115",
    "keras_fit",
    "torch",
    "torch_compile",
    "jax",
    "sklearn",
    "numpy",
    "portable",
]

MOST_ROWS = 2**31 // 784
"""TensorFlow's matrix kernels index the numbers of a matrix with 32 bits."""


@dataclass(frozen=True, kw_only=True)
class BenchConfig(OutputOptions):
    """Measure the time and memory of a full-batch epoch, in every lane and in other libraries.

    It runs on the CPU, with random pixels. floor is an epoch's two large matrix products alone: no
    epoch could be faster. The run folder is runs/TIME-bench unless --out names another.
    """

    rows: tuple[int, ...] = (4000, 60000)
    """Training rows; each number gets a table of its own."""

    scale: int = 1
    """Multiplies every number of --rows."""

    peers: tuple[Peer, ...] = get_args(Peer)
    """What to measure; the floor is measured in any case."""

    micro_batch: int | None = None
    """Rows in memory at a time; only for the peers exact and idiomatic."""

    rounds: int = 7
    """How often each is measured."""

    out: Path | None = None
    """Folder to write the run to; it must be new or empty."""

    def __post_init__(self) -> None:
        check_count("scale", self.scale)
        check_count("rounds", self.rounds)
        check_count("micro-batch", self.micro_batch)
        others = set(self.peers) - {"floor", "exact", "idiomatic"}
        if self.micro_batch is not None and others:
            raise UserError(
                f"--micro-batch {self.micro_batch}: {', '.join(sorted(others))} cannot; "
                "expected --peers exact, idiomatic or both."
            )
        if not self.rows or min(self.rows) < 1 or len(set(self.rows)) < len(self.rows):
            given = " ".join(map(shown, self.rows))
            raise UserError(f"--rows {given}: expected numbers of at least 1, each once.")
        for rows in self.sizes:
            check_count("rows times --scale:", rows)
        if self.micro_batch is None and max(self.sizes) > MOST_ROWS:
            raise UserError(
                f"--rows {max(self.rows)} --scale {self.scale}: {max(self.sizes):,} rows; expected "
                f"at most {MOST_ROWS:,}, or --micro-batch."
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows to measure with."""
        return tuple(rows * self.scale for rows in self.rows)
