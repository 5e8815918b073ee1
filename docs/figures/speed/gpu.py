"""Measure the article's step on a GPU, in JAX and in PyTorch, against what the card could do.

    python -m docs.figures.speed.gpu OUT.json
    python -m docs.figures.speed.gpu OUT.json --device cpu --rows 200 --lasts 0.01   # to try it

Needs NumPy, JAX and PyTorch, neither TensorFlow nor Keras. Each framework has a process of its own,
and float32 products without TF32. The limit is what the five products of a step take at the card's
peak. Prints a table, and writes what it found to OUT.json; the exit status is 1 where a framework
failed. Two minutes.
"""

import argparse
import os
import statistics
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from docs.figures.speed import about
from tf1_compat.hyperparameters import LISTING, N_HIDDEN, N_INPUT, N_OUTPUT
from training.errors import first_line

FRAMEWORKS = ("jax", "torch", "torch_compile")
ROWS = (4_000, 60_000)
REPEATS = 10
CHECKED = 3
"""Steps whose losses must be NumPy's: TF32 would be seen."""
FLOP = 2 * (2 * N_INPUT * N_HIDDEN + 3 * N_HIDDEN * N_OUTPUT)
"""Of a row: forward, and the kernel's gradient, of both layers; the gradient of the hidden one."""
FLOAT32_UNITS = {
    **dict.fromkeys([(7, 0), (7, 5), (8, 0)], 64),
    **dict.fromkeys([(8, 6), (8, 9), (9, 0), (10, 0), (12, 0)], 128),
}
"""Compute capability -> fused multiply-adds of a multiprocessor in a cycle.

CUDA C++ Programming Guide, "Throughput of Native Arithmetic Instructions".
"""
HEADINGS = ("framework", "rows", "ms a step", "min", "max", "to the limit")


def card() -> dict[str, Any]:
    """Return the card's name, driver and peak: FLOP/s in float32 at its highest clock.

    The peak is None where the units of such a card are not known.
    """
    import torch

    of = torch.cuda.get_device_properties(0)
    asked = "--query-gpu=driver_version,clocks.max.sm"
    command = ["nvidia-smi", "--id=0", asked, "--format=csv,noheader,nounits"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    driver, megahertz = done.stdout.strip().split(", ")
    units = FLOAT32_UNITS.get((of.major, of.minor))
    peak = units and 2 * units * of.multi_processor_count * float(megahertz) * 1e6
    cuda = {"driver": driver, "cuda": torch.version.cuda}
    return {"card": of.name, **cuda, "megahertz": float(megahertz), "peak": peak}


def measure(name: str, device: str, rows: int, lasts: float) -> dict[str, Any]:
    """Return the seconds of a step, and the first losses; AssertionError where they are not right.

    Steps are timed in bursts of at least `lasts` seconds, the first of which, until one is long
    enough, warm up. The last loss of a burst is waited for, and all before it with it.
    """
    import numpy as np

    from training import data
    from training.experiments import frameworks
    from training.lanes.by_hand import Backpropagation
    from training.parity.tolerances import TOLERANCES

    x, y = data.synthetic(rows)
    weights = frameworks.initial()
    if name == "jax":
        os.environ["JAX_PLATFORMS"] = device  # no other, where this is not there
        import jax

        jax.config.update("jax_default_matmul_precision", "highest")
        step = frameworks.jax_step(x, y, weights)
    else:
        import torch

        torch.set_float32_matmul_precision("highest")
        compiled = name == "torch_compile"
        step = frameworks.torch_step(x, y, weights, compiled=compiled, device=device)

    losses = [float(step()) for _ in range(CHECKED)]
    right = Backpropagation(x, y, dict(zip(LISTING.names, weights, strict=True))).steps(CHECKED)
    allowed = TOLERANCES["other_kernels_first_epochs"].relative
    np.testing.assert_allclose(losses, right, rtol=allowed)

    def burst(count: int) -> float:
        start = time.perf_counter()
        for _ in range(count):
            loss = step()
        float(loss)
        return time.perf_counter() - start

    count = 1
    while burst(count) < lasts:
        count *= 2
    found = [burst(count) / count for _ in range(REPEATS)]
    of = {"median_s": statistics.median(found), "min_s": min(found), "max_s": max(found)}
    return {**of, "steps": count, "losses": losses}


def alone(function: Any, *arguments: Any) -> Any:
    """Return what `function` returns in a process of its own."""
    from training.machine.processes import Child

    with Child() as child:
        return child.submit(function, *arguments).result()


def tried(*asked: Any) -> dict[str, Any]:
    """Return what `measure` finds, or why it failed: the others are measured all the same."""
    try:
        return alone(measure, *asked)
    except Exception as error:  # whatever a framework raises on a card
        return {"failed": f"{type(error).__name__}: {first_line(error)}"}


def table(found: dict[str, Any]) -> str:
    """Return a line for each number of rows and framework."""
    lines: list[tuple[str, ...]] = [HEADINGS]
    for rows, of in found["rows"].items():
        for name, one in of["frameworks"].items():
            if "failed" in one:
                lines.append((name, f"{rows:,}", one["failed"], "", "", ""))
                continue
            shown = [f"{one[key] * 1e3:.3f}" for key in ("median_s", "min_s", "max_s")]
            to = f"{one['median_s'] / of['limit_s']:.2f}" if of["limit_s"] else "-"
            lines.append((name, f"{rows:,}", *shown, to))
    return about.lines(lines)


def main(words: list[str] | None = None) -> None:
    """Measure and write everything."""
    parser = argparse.ArgumentParser(description="Measure the article's step on a GPU.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--lasts", type=float, default=1.0, help="seconds of a burst, at least")
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=FRAMEWORKS)
    asked = parser.parse_args(words)
    on = alone(card) if asked.device == "cuda" else {"card": None, "peak": None}
    on |= {package: metadata.version(package) for package in ("jax", "torch", "numpy")}
    found: dict[str, Any] = {"on": on, "rows": {}}
    for rows in asked.rows:
        of = {name: tried(name, asked.device, rows, asked.lasts) for name in asked.frameworks}
        limit = on["peak"] and rows * FLOP / on["peak"]
        found["rows"][rows] = {"limit_s": limit, "frameworks": of}
    about.keep(asked.out, found)
    print(f"{on}\n\n{table(found)}")
    if any("failed" in one for of in found["rows"].values() for one in of["frameworks"].values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
