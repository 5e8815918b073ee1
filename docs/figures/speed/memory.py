"""Measure the memory that a row takes, in `compare` and in other libraries; write the pages.

    python -m docs.figures.speed.memory

What a process of its own has resident at most with so many rows, beyond what it has after the same
with FEW: libraries are loaded by then, kernels chosen. Keeps what it finds in measured/memory.json,
and replaces what stands between `<!-- memory: table -->` and `<!-- end -->` in
docs/reference/speed.md and its Chinese twin. Takes 8 GB and ten minutes.
"""

import functools
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from docs.figures.speed import about

KEPT = about.MEASURED / "memory.json"
PAGES = about.PAGES
FEW, ROWS, MOST_ROWS = 100, (60_000, 600_000), 6_000_000
SLICE = 60_000
EPOCHS = 2
ROUNDS = 3
Work = Callable[[int], Any]
"""Does what is measured with so many rows; what it returns is kept until then."""
HEADINGS = {
    PAGES[0]: ("", "bytes a row at 60,000", "at 600,000", "GB for 6,000,000"),
    PAGES[1]: ("", "60,000 行时每行字节数", "600,000 行时", "6,000,000 行要 GB"),
}


def compare(rows: int) -> None:
    """Run `tf1keras compare` with its lane exact."""
    from training import cli

    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for split, count in (("train", rows), ("test", FEW)):
            images = folder / f"{split}_images.npy"
            file = np.lib.format.open_memmap(images, "w+", np.uint8, (count, 28, 28))
            for start in range(0, count, SLICE):
                part = file[start : start + SLICE]
                part[:] = random.integers(256, size=part.shape, dtype=np.uint8)
            del file, part
            np.save(folder / f"{split}_labels.npy", np.arange(count) % 10)
        words = ["--data", f"npy:{folder}", "--epochs", str(EPOCHS), "--out", str(folder / "run")]
        assert cli.main(["compare", "--lanes", "exact", "--quiet", *words]) == 0


def peer(name: str, rows: int) -> Any:
    """Train as a peer of `tf1keras bench` does."""
    from training import data
    from training.experiments import peers

    train = peers.PEERS[name](*data.synthetic(rows))
    train(EPOCHS)
    return train


def sliced(rows: int) -> Any:
    """Train the lane exact as `bench --micro-batch` does."""
    from training.experiments import peers

    train = peers.streamed("exact", rows, SLICE)
    train(1)
    return train


OWN, OTHERS = "compare --lanes exact", ("torch", "jax", "keras_fit")
WORKS: dict[str, Work] = {
    OWN: compare,
    **{name: functools.partial(peer, name) for name in ("exact", *OTHERS)},
}
"""`compare` reads uint8 from files; the peers of `tf1keras bench` have float32 in memory."""
SLICED = f"bench --peers exact --micro-batch {SLICE}"


def resident(of: str) -> int:
    """Return the bytes that this process has resident: now, VmRSS, or has had at most, VmHWM."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith(of))
    return int(line.split()[1]) * 1024


def growth(work: Work, rows: int) -> int:
    """Return the bytes that `work` takes more with `rows` rows than with FEW."""
    kept = [work(FEW)]
    before = resident("VmRSS")
    kept.append(work(rows))
    return resident("VmHWM") - before


def bytes_a_row(work: Work, rows: int) -> float:
    """Return `growth` a row, in a process of its own."""
    from training.machine.processes import Child

    with Child() as child:
        return child.submit(growth, work, rows).result() / rows


def measure() -> dict[str, Any]:
    """Return what the page quotes: who -> rows -> bytes a row, ROUNDS times."""
    of = {
        name: {rows: [bytes_a_row(work, rows) for _ in range(ROUNDS)] for rows in ROWS}
        for name, work in WORKS.items()
    }
    of[SLICED] = {MOST_ROWS: [bytes_a_row(sliced, MOST_ROWS) for _ in range(ROUNDS)]}
    return {"of": of, "on": about.machine()}


def table(page: str, figures: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the lines of `page`'s table."""
    lines = []
    for name, found in figures["of"].items():
        medians = [statistics.median(of) for of in found.values()]
        gigabytes = f"{medians[-1] * MOST_ROWS / 10**9:.1f}"
        shown = [f"{of:,.0f}" for of in medians] if len(medians) > 1 else ["-"] * len(ROWS)
        lines.append((f"`{name}`", *shown, gigabytes))
    return [HEADINGS[page], *lines]


rewrite = functools.partial(about.rewrite, "memory", table)


def main() -> None:
    """Measure and write everything."""
    about.publish(KEPT, rewrite, measure())


if __name__ == "__main__":
    main()
