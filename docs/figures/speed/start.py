"""Measure commands beside a bare `import tensorflow`; write docs/reference/speed.md and its twin.

    python -m docs.figures.speed.start

Each is run in turn with the import, both in fresh processes: a machine that slows down slows both.
Keeps what it finds in measured/start.json, and replaces what stands between `<!-- start: table -->`
and `<!-- end -->`. Four minutes on two cores.
"""

import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docs.figures import blocks
from docs.figures.speed import about

KEPT = about.MEASURED / "start.json"
PAGES = about.PAGES
IMPORT = ("-c", "import tensorflow")
COMMANDS = (
    "--help",
    "predict my-run examples/seven.png",
    "migrate my-run --to carried.keras",
    "check examples/softmax_regression.py",
    "check examples/article.py",
    "rewrite my-run/tf1/model.ckpt --to rewritten",
    "compare --epochs 1",
)
"""my-run is one epoch of `compare`."""
ROUNDS = 5
HEADINGS = {
    PAGES[0]: ("command", "s", "min", "max", "to the import", "by the clock"),
    PAGES[1]: ("命令", "秒", "最小", "最大", "比 import", "按时钟"),
}


def spent(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run Python with `words`; return the seconds of the processor and of the clock."""
    clean = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(blocks.ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
    return used.ru_utime + used.ru_stime, seconds


def run(command: str, run_folder: Path) -> tuple[float, float]:
    """Run a command of this project in a new folder; return as `spent`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "my-run").symlink_to(run_folder)
        (folder / "examples").symlink_to(blocks.ROOT / "examples")
        return spent(("-m", "training", *command.split()), folder)


def measure() -> dict[str, Any]:
    """Return what the page quotes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spent(("-m", "training", "compare", "--epochs", "1", "--out", "my-run"), folder)
        imports, commands = [], {}
        for command in COMMANDS:
            run(command, folder / "my-run")  # Python compiles what it has not imported before
            pairs = [
                (run(command, folder / "my-run"), spent(IMPORT, folder)) for _ in range(ROUNDS)
            ]
            ours, theirs = zip(*pairs, strict=True)
            imports += theirs
            commands[command] = of(ours) | {
                name: statistics.median(one[at] / other[at] for one, other in pairs)
                for at, name in enumerate(("to_import", "by_clock"))
            }
    return {"import": of(imports), "commands": commands, "on": about.machine()}


def of(runs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Return the median, least and most of the processor's seconds."""
    seconds = [processor for processor, _ in runs]
    return {"seconds": statistics.median(seconds), "min": min(seconds), "max": max(seconds)}


def table(page: str, figures: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the lines of `page`'s table."""
    rows = {"import tensorflow": figures["import"] | {"to_import": 1, "by_clock": 1}}
    rows |= {f"tf1keras {command}": found for command, found in figures["commands"].items()}
    lines = [(f"`{name}`", *(f"{found[key]:.2f}" for key in found)) for name, found in rows.items()]
    return [HEADINGS[page], *lines]


rewrite = functools.partial(about.rewrite, "start", table)


def main() -> None:
    """Measure and write everything."""
    about.publish(KEPT, rewrite, measure())


if __name__ == "__main__":
    main()
