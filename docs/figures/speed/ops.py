"""Measure each op of the exact lane's step beside the least that it could take; write the pages.

    python -m docs.figures.speed.ops

On one core, one op after the other, as TensorFlow's profiler times them in the step itself; what
counts is the fastest time of each, for whatever else runs makes it slower. The least is what its
operations take at the rate of a square matrix product, or its bytes at that of a copy of as many,
whichever is more. Keeps what it finds in measured/ops.json, and replaces what stands between
`<!-- ops: table -->` and `<!-- end -->` in docs/reference/speed.md and its Chinese twin. Two
minutes at most.
"""

import functools
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from docs.figures.speed import about
from docs.figures.speed.fastest import fastest
from tf1_compat.hyperparameters import LISTING, N_HIDDEN, N_INPUT, N_OUTPUT

KEPT = about.MEASURED / "ops.json"
PAGES = about.PAGES
ROWS = (4_000, 60_000)
LASTS = 30.0
"""Seconds that steps are timed, for each number of rows: half of them under the profiler."""
NODES = {
    "relu(X @ W1 + b1)": r"/hidden_layer\w*/Relu:",
    "H @ W2 + b2": r"/output_layer\w*/BiasAdd:",
    "softmax cross-entropy": r"softmax_cross_entropy_with_logits:",
    "G2 = its gradient / N": r"softmax_cross_entropy_with_logits/mul:",
    "H^T @ G2": r"/output_layer\w*/MatMul/MatMul_1:",
    "sum of G2's rows": r"^Sum:Sum$",
    "G2 @ W2^T": r"/output_layer\w*/MatMul/MatMul:",
    "G1 = it where H > 0": r"/ReluGrad:",
    "sum of G1's rows": r"^Sum_1:Sum$",
    "G1^T @ X": r"^MatMul_1:|/hidden_layer\w*/MatMul/",
    "its transpose": r"^transpose:",
    "Adam": r":ResourceApplyAdam$",
}
"""Op, as the table shows it -> what is found in its node's name and kind, as NAME:KIND.

The last product is X^T @ G1, with no transpose, where that is the quicker way round.
"""
HEADINGS = {
    PAGES[0]: ("", "rows", "MFLOP", "MB", "ms", "least, ms", "to the least"),
    PAGES[1]: ("", "行数", "MFLOP", "MB", "毫秒", "至少，毫秒", "比至少"),
}
TOGETHER = "all of these", "the step"
CHINESE = {
    "softmax cross-entropy": "softmax 交叉熵",
    "G2 = its gradient / N": "G2 = 它的梯度 / N",
    "sum of G2's rows": "G2 各行之和",
    "G1 = it where H > 0": "G1 = 上一项中 H > 0 处",
    "sum of G1's rows": "G1 各行之和",
    "its transpose": "上一项的转置",
    **dict(zip(TOGETHER, ("以上合计", "整个一步"), strict=True)),
}


def work(rows: int) -> dict[str, tuple[int, int]]:
    """Return op -> floating-point operations, and bytes of what it reads or writes, or both."""
    x, W1, b1 = rows * N_INPUT, N_INPUT * N_HIDDEN, N_HIDDEN
    h, W2, b2, g2 = rows * N_HIDDEN, N_HIDDEN * N_OUTPUT, N_OUTPUT, rows * N_OUTPUT
    large, small = 2 * x * N_HIDDEN, 2 * h * N_OUTPUT
    counts = {
        "relu(X @ W1 + b1)": (large + 2 * h, x + W1 + b1 + h),
        "H @ W2 + b2": (small + g2, h + W2 + b2 + g2),
        "softmax cross-entropy": (8 * g2, 3 * g2 + rows),
        "G2 = its gradient / N": (g2, 2 * g2),
        "H^T @ G2": (small, h + g2 + W2),
        "sum of G2's rows": (g2, g2 + b2),
        "G2 @ W2^T": (small, g2 + W2 + h),
        "G1 = it where H > 0": (h, 2 * h),
        "sum of G1's rows": (h, h + b1),
        "G1^T @ X": (large, x + h + W1),
        "its transpose": (0, 2 * W1),
        "Adam": (12 * LISTING.parameters, 4 * LISTING.parameters),
    }
    return {op: (flop, 4 * numbers) for op, (flop, numbers) in counts.items()}


def rate() -> float:
    """Return the FLOP/s of a large square product."""
    import tensorflow as tf

    size = 2048
    square = tf.random.stateless_uniform([size, size], [0, 0])
    product = tf.function(lambda: tf.matmul(square, square))
    return 2 * size**3 / fastest(product, LASTS / 4)


def copied(size: int) -> float:
    """Return the seconds in which `size` bytes are read or written, half and half."""
    source = np.ones(max(1, size // 2), np.uint8)
    target = np.empty_like(source)
    return fastest(lambda: np.copyto(target, source), LASTS / 100)


def profiled(step: Callable[[], Any]) -> dict[str, float]:
    """Return node, as NAME:KIND -> its least seconds in any of the steps."""
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    least: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            fastest(step, LASTS / 2)
        (file,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(file.read_bytes())
    for plane in space.planes:
        names = {number: of.name for number, of in plane.event_metadata.items()}
        for event in (event for line in plane.lines for event in line.events):
            name, seconds = names[event.metadata_id], event.duration_ps / 1e12
            least[name] = min(seconds, least.get(name, np.inf))
    return least


def of_rows(rows: int, rate: float) -> dict[str, Any]:
    """Return what the table has of so many rows, in seconds."""
    from training import data
    from training.lanes.build import build
    from training.machine.devices import Device

    (exact,) = build(["exact"], data.synthetic(rows), 1234, Device("CPU", 0))
    step = fastest(exact.step, LASTS / 2)
    nodes, ops = profiled(exact.step), {}
    for op, (flop, size) in work(rows).items():
        found = [seconds for name, seconds in nodes.items() if re.search(NODES[op], name)]
        if found:
            ops[op] = {"seconds": sum(found), "least": max(flop / rate, copied(size))}
    assert work(rows).keys() - ops.keys() <= {"its transpose"}, ops
    return {"ops": ops, "step": step}


def measure() -> dict[str, Any]:
    """Return what the page quotes."""
    from training.machine import startup

    startup.one_thread_per_op()
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)
    flops = rate()
    return {
        "rate": flops,
        "rows": {str(rows): of_rows(rows, flops) for rows in ROWS},
        "on": about.machine(),
    }


def table(page: str, figures: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the lines of `page`'s table."""
    lines = []
    for rows, of in figures["rows"].items():
        counts, found = work(int(rows)), of["ops"]
        shown = {op: (*counts[op], *one.values()) for op, one in found.items()}
        everything, step = TOGETHER
        totals = [sum(column) for column in zip(*shown.values(), strict=True)]
        shown |= {everything: totals, step: (*totals[:2], of["step"], totals[3])}
        for name, (flop, size, seconds, least) in shown.items():
            amounts = f"{flop / 1e6:,.1f}", f"{size / 1e6:,.2f}"
            times = f"{seconds * 1e3:.3f}", f"{least * 1e3:.3f}", f"{seconds / least:.2f}"
            label = name if page == PAGES[0] else CHINESE.get(name, name)
            lines.append((label, f"{int(rows):,}", *amounts, *times))
    return [HEADINGS[page], *lines]


rewrite = functools.partial(about.rewrite, "ops", table)


def main() -> None:
    """Measure and write everything."""
    about.publish(KEPT, rewrite, measure())


if __name__ == "__main__":
    main()
