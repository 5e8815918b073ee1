"""The portable lane where there is neither TensorFlow nor Keras; prints the checksum.

    python -m docs.figures.portable.elsewhere INPUTS EPOCHS [WHERE]

INPUTS is what `python -m docs.figures.portable.inputs INPUTS` wrote. WHERE is numpy, if nothing is
said, or numpy:4, with so many threads of its OpenBLAS, also where there are fewer cores; cupy, on a
GPU, which has not been run, for none was at hand; blis, from the package of that name; or mkl:FILE,
such as the libmkl_rt.so.3 of the package mkl. NumPy, and what WHERE says, is all that has to be
installed; it runs in the project's folder.
"""

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from training.lanes.portable import Portable, checksum

Product = Callable[[np.ndarray, np.ndarray, np.ndarray], None]
"""Write a @ b, both float64 matrices in rows, into a third."""


def main(inputs: str, epochs: int, where: str = "numpy") -> None:
    """Train, and print the checksum of losses and weights."""
    place = placed(where)
    with np.load(inputs, allow_pickle=False) as arrays:
        held = {name: place(arrays[name]) for name in arrays.files}
    network = Portable(held.pop("x"), held.pop("y"), held)
    losses = [float(loss) for loss in network.steps(epochs)]
    weights = {name: fetched(array) for name, array in network.weights().items()}
    print(checksum(losses, weights))


def placed(where: str) -> Callable[[np.ndarray], Any]:
    """Return what puts an array where it is computed on."""
    if where.startswith("numpy"):
        if threads := where.partition(":")[2]:
            set_threads(int(threads))
        return lambda array: array
    if where == "cupy":
        import cupy

        return cupy.asarray
    Elsewhere.product = staticmethod(blis() if where == "blis" else mkl(where.partition(":")[2]))
    return lambda array: array.view(Elsewhere)


def set_threads(count: int) -> None:
    """Let the OpenBLAS of NumPy's wheel have `count` threads.

    By OPENBLAS_NUM_THREADS it has no more than there are cores.
    """
    (library,) = Path(np.__file__).parent.parent.glob("numpy.libs/libscipy_openblas*")
    openblas = ctypes.CDLL(str(library))
    openblas.scipy_openblas_set_num_threads64_(count)
    assert openblas.scipy_openblas_get_num_threads64_() == count


def fetched(array: Any) -> np.ndarray:
    """Return an array of NumPy's; CuPy's come from the GPU."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


class Elsewhere(np.ndarray):
    """An array of NumPy's whose matrix products are another library's."""

    product: Product

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        """Compute as NumPy does, but for products."""
        plain = [np.asarray(a) if isinstance(a, np.ndarray) else a for a in inputs]
        if ufunc is np.matmul:
            a, b = (np.ascontiguousarray(array, np.float64) for array in plain)
            found = np.empty((a.shape[0], b.shape[1]))
            self.product(a, b, found)
            return found.view(Elsewhere)
        if out:
            options["out"] = tuple(np.asarray(a) for a in out)
        found = getattr(ufunc, method)(*plain, **options)
        if out:
            return out[0]
        if isinstance(found, tuple):
            return tuple(array.view(Elsewhere) for array in found)
        return found.view(Elsewhere) if isinstance(found, np.ndarray) else found


def blis() -> Product:
    """Return BLIS' product, of the package blis."""
    from blis.py import gemm

    return lambda a, b, out: gemm(a, b, out=out, beta=0.0)


def mkl(library: str) -> Product:
    """Return MKL's product, of its C interface."""
    dgemm = ctypes.CDLL(library).cblas_dgemm
    address, integer, number = ctypes.c_void_p, ctypes.c_int, ctypes.c_double
    dgemm.argtypes = [*[integer] * 6, number, *[address, integer] * 2, number, address, integer]
    rows_first, as_it_is = 101, 111

    def product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        (n, k), m = a.shape, b.shape[1]
        of = [array.ctypes.data for array in (a, b, out)]
        dgemm(rows_first, as_it_is, as_it_is, n, m, k, 1.0, of[0], k, of[1], m, 0.0, of[2], m)

    return product


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
