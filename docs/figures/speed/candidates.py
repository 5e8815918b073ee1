"""What may be a record: rows of the ledger, of what is kept in measured/."""

import statistics
from collections.abc import Callable, Iterator
from typing import Any

from docs.figures.speed import memory

Row = dict[str, Any]
"""Its kind, and of what; its figure, lowest and highest; its ratio to a peer; machine, command."""


def of_start(figures: dict[str, Any]) -> Iterator[Row]:
    """Give a row for every command."""
    cpu, newest = newest_of(figures)
    for command, found in newest["commands"].items():
        measured = found["seconds"], found["min"], found["max"]
        peer = found["to_import"], "`import tensorflow`"
        yield _row("start", [command], measured, peer, cpu, "make speed")


def of_bench(figures: dict[str, Any]) -> Iterator[Row]:
    """Give a row for each number of rows and lane."""
    cpu, newest = newest_of(figures)
    for rows, of_rows in newest["rows"].items():
        (fastest,) = (peer for peer, found in of_rows.items() if found["to_fastest_peer"] == 1)
        for lane in ("exact", "idiomatic"):
            found = of_rows[lane]
            measured = found["median_s"], found["min_s"], found["max_s"]
            peer = found["to_fastest_peer"], f"`{fastest}`"
            yield _row("epoch", [lane, int(rows)], measured, peer, cpu, "make bench")


def of_finetune(figures: dict[str, Any]) -> Iterator[Row]:
    """Give rows for the accuracy and the seconds of each recipe, means over seeds."""
    (scratch,) = (row for row in figures["mnist"]["rows"] if row["strategy"] == "scratch")
    about_it = figures["measured_on"]["cpu"], "make fine-tuning"
    for recipe in ("default", "best"):
        accuracies, seconds = (
            [run[key] for run in figures[recipe]] for key in ("test_accuracy", "seconds")
        )
        accuracy, mean = statistics.mean(accuracies), statistics.mean(seconds)
        errors = (1 - accuracy) / (1 - scratch["test_accuracy"]), "errors from scratch"
        measured = accuracy, min(accuracies), max(accuracies)
        yield _row("accuracy", [recipe], measured, errors, *about_it)
        measured = mean, min(seconds), max(seconds)
        peer = mean / scratch["seconds"], "from scratch"
        yield _row("tuning", [recipe], measured, peer, *about_it)


def of_memory(figures: dict[str, Any]) -> Iterator[Row]:
    """Give a row for each number of rows that `compare` was measured with."""
    cpu, newest = newest_of(figures)
    of = newest["of"]
    for rows, found in of[memory.OWN].items():
        peers = {name: statistics.median(of[name][rows]) for name in memory.OTHERS}
        least = min(peers, key=lambda name: peers[name])
        measured = statistics.median(found), min(found), max(found)
        peer, of_it = (measured[0] / peers[least], f"`{least}`"), [memory.OWN, int(rows)]
        yield _row("memory", of_it, measured, peer, cpu, "make speed")


def newest_of(figures: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the processor that was measured last, and its figures."""
    *_, newest = figures.items()
    return newest


def _row(
    kind: str,
    of: list[Any],
    measured: tuple[float, float, float],
    peer: tuple[float, str],
    machine: str,
    command: str,
) -> Row:
    figure, low, high = measured
    ratio, to = peer
    row = {"kind": kind, "of": of, "figure": figure, "low": low, "high": high}
    return row | {"ratio": ratio, "to": to, "machine": machine, "command": command}


SOURCES: dict[str, Callable[[dict[str, Any]], Iterator[Row]]] = {
    "start": of_start,
    "bench": of_bench,
    "finetune": of_finetune,
    "memory": of_memory,
}
