"""Measure how fast the two large products of an epoch can be, in four libraries; write the pages.

    python -m docs.figures.speed.peaks

X @ W1, [N, 784] @ [784, 128], and X^T @ G, [784, N] @ [N, 128], in float32 on one core, each in a
process of its own, in turn, ROUNDS times. What counts is the fastest call: whatever else runs makes
a call slower, and most of all one on every core. Keeps what it finds in
measured/peaks.json, and replaces what stands between `<!-- peaks: table -->` and `<!-- end -->` in
docs/reference/speed.md and its Chinese twin. Three minutes.
"""

import functools
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np

from docs.figures.speed import about
from docs.figures.speed.fastest import fastest
from tf1_compat.hyperparameters import N_HIDDEN, N_INPUT

KEPT = about.MEASURED / "peaks.json"
PAGES = about.PAGES
ROWS = (4_000, 60_000)
ROUNDS = 10
ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"
)
LASTS = 0.4
"""Seconds that a product is called again and again, at least."""
Product = Callable[[], Any]
HEADINGS = {
    PAGES[0]: ("", "rows", "X @ W1, GFLOP/s", "X^T @ G, GFLOP/s", "both, s", "to TensorFlow's"),
    PAGES[1]: ("", "行数", "X @ W1，GFLOP/s", "X^T @ G，GFLOP/s", "两者，秒", "比 TensorFlow"),
}
BEST = {PAGES[0]: "best of each", PAGES[1]: "各取最快"}


def tensorflow(x: np.ndarray, W1: np.ndarray, G: np.ndarray) -> list[Product]:
    """As the floor of `tf1keras bench`, which is TensorFlow's, one product at a time."""
    from training.machine import devices

    devices.choose("cpu")
    import tensorflow as tf

    pixels, weights, gradient = map(tf.constant, (x, W1, G))
    forwards = tf.function(lambda: tf.matmul(pixels, weights))
    return [forwards, tf.function(lambda: tf.matmul(pixels, gradient, transpose_a=True))]


def swapped(x: np.ndarray, W1: np.ndarray, G: np.ndarray) -> list[Product]:
    """TensorFlow's again, the second product the other way round: (G^T @ X)^T."""
    forwards, _ = tensorflow(x, W1, G)
    import tensorflow as tf

    pixels, gradient = map(tf.constant, (x, G))
    product = tf.function(lambda: tf.transpose(tf.matmul(gradient, pixels, transpose_a=True)))
    return [forwards, product]


def numpy(x: np.ndarray, W1: np.ndarray, G: np.ndarray) -> list[Product]:
    """The OpenBLAS that NumPy carries; what it returns has its place already."""
    hidden, slope = np.empty_like(G), np.empty_like(W1)
    return [lambda: np.matmul(x, W1, out=hidden), lambda: np.matmul(x.T, G, out=slope)]


def mkl(x: np.ndarray, W1: np.ndarray, G: np.ndarray) -> list[Product]:
    """The MKL that PyTorch carries, likewise."""
    import torch

    assert torch.backends.mkl.is_available()
    pixels, weights, gradient = map(torch.from_numpy, (x, W1, G))
    hidden, slope = torch.empty_like(gradient), torch.empty_like(weights)
    transposed = pixels.t()
    return [
        lambda: torch.mm(pixels, weights, out=hidden),
        lambda: torch.mm(transposed, gradient, out=slope),
    ]


def onednn(x: np.ndarray, W1: np.ndarray, G: np.ndarray) -> list[Product]:
    """The oneDNN that PyTorch carries, on operands as it likes them: transposed before."""
    import torch

    def product(left: np.ndarray, right: np.ndarray) -> Product:
        inputs = torch.from_numpy(np.ascontiguousarray(left)).to_mkldnn()
        weights = torch.from_numpy(np.ascontiguousarray(right.T))
        return lambda: torch.ops.aten.mkldnn_linear(inputs, weights, None)

    return [product(x, W1), product(x.T, G)]


LIBRARIES: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], list[Product]]] = {
    "TensorFlow": tensorflow,
    "TensorFlow, (G^T @ X)^T": swapped,
    "OpenBLAS, NumPy": numpy,
    "MKL, PyTorch": mkl,
    "oneDNN, PyTorch": onednn,
}


def measure() -> dict[str, Any]:
    """Return what the page quotes: rows -> library -> least seconds of either product."""
    return {"rows": {str(rows): of_rows(rows) for rows in ROWS}, "on": about.machine()}


def of_rows(rows: int) -> dict[str, list[float]]:
    """Return library -> least seconds of either product, measured in turn."""
    from training.machine.processes import Child

    least: dict[str, list[float]] = {name: [np.inf, np.inf] for name in LIBRARIES}
    with ExitStack() as stack:
        children = {name: stack.enter_context(Child()) for name in LIBRARIES}
        for name, child in children.items():
            child.submit(begin, name, rows).result()
        for _ in range(ROUNDS):
            for name, child in children.items():
                found = child.submit(seconds).result()
                least[name] = [*map(min, least[name], found)]
    return least


# What follows runs in the library's process.

_here: list[Product] = []


def begin(name: str, rows: int) -> None:
    """Make the operands, and check the products against float64's."""
    random = np.random.default_rng(0)
    x, W1, G = (
        random.standard_normal(shape, np.float32)
        for shape in ((rows, N_INPUT), (N_INPUT, N_HIDDEN), (rows, N_HIDDEN))
    )
    _here.extend(LIBRARIES[name](x, W1, G))
    some = slice(3)
    wanted = [x[some].astype(float) @ W1, x.T[some].astype(float) @ G]
    for product, right in zip(_here, wanted, strict=True):
        given = product()
        given = given.to_dense() if hasattr(given, "to_dense") else given
        np.testing.assert_allclose(np.asarray(given)[some], right, rtol=1e-3, atol=1e-1)


def seconds() -> list[float]:
    """Return the seconds of the fastest call of each product."""
    return [fastest(product, LASTS) for product in _here]


def table(page: str, figures: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the lines of `page`'s table."""
    lines = []
    for rows, of in figures["rows"].items():
        best = [min(found) for found in zip(*of.values(), strict=True)]
        flop = 2 * int(rows) * N_INPUT * N_HIDDEN
        for name, found in (*of.items(), (BEST[page], best)):
            rates = [f"{flop / one / 1e9:,.0f}" for one in found]
            ratio = sum(found) / sum(of["TensorFlow"])
            lines.append((name, f"{int(rows):,}", *rates, f"{sum(found):.4f}", f"{ratio:.2f}"))
    return [HEADINGS[page], *lines]


rewrite = functools.partial(about.rewrite, "peaks", table)


def main() -> None:
    """Measure and write everything."""
    os.environ.update(ONE_THREAD)
    about.publish(KEPT, rewrite, measure())


if __name__ == "__main__":
    main()
