"""Every machine that this one can be: kernels, threads, versions, libraries of matrix products.

for machine in machines([sys.executable, "other/bin/python"]):
    machine.run(inputs, epochs)
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

KERNELS = {
    **{"Haswell": "Haswell", "Prescott": "Katmai", "Nehalem": "Nehalem", "SkylakeX": "SkylakeX"},
    **{"Sandybridge": "Sandybridge", "Zen": "Zen", "Cooperlake": "Cooperlake", "Core2": "Core2"},
}
"""Of OpenBLAS on x86-64 -> what it says when it has taken it."""

ABOUT = """
import glob, importlib.util, platform, sys
import numpy
mkl = glob.glob(sys.prefix + "/lib/libmkl_rt.so*")
has_blis = importlib.util.find_spec("blis") is not None
print(platform.python_version(), numpy.__version__, has_blis, *mkl)
"""


@dataclass(frozen=True)
class Machine:
    """A Python and how its matrix products are computed."""

    executable: str
    python: str
    numpy: str
    blas: str = "OpenBLAS"
    kernel: str = ""
    """As the library calls it; empty is its own choice."""
    threads: int = 1
    simd: bool = True
    """Whether NumPy takes more than every x86-64 processor has."""
    where: str = "numpy"
    """As docs/figures/portable/elsewhere.py takes it."""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def named(self) -> dict[str, str | int]:
        """What a table says of it."""
        kernel = self.kernel or "its own choice"
        simd = "on" if self.simd else "off"
        versions = {"python": self.python, "numpy": self.numpy, "blas": self.blas}
        return versions | {"kernel": kernel, "threads": self.threads, "simd": simd}

    def run(self, inputs: Path, epochs: int) -> str:
        """Return the checksum."""
        threads = dict.fromkeys(
            ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), str(self.threads)
        )
        words = ["-m", "docs.figures.portable.elsewhere", str(inputs), str(epochs), self.where]
        done = subprocess.run(
            [self.executable, *words],
            cwd=ROOT,
            env=os.environ | threads | self.settings,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


def machines(executables: Sequence[str]) -> Iterator[Machine]:
    """Yield each Python's libraries, and every kernel of the first whose OpenBLAS has it."""
    missing = list(KERNELS)
    for number, executable in enumerate(executables):
        said = subprocess.run(
            [executable, "-c", ABOUT], capture_output=True, text=True, check=True
        ).stdout.split()
        python, numpy, has_blis, *mkl = said
        yield Machine(executable, python, numpy, threads=2)
        if number == 0:
            yield Machine(executable, python, numpy, threads=4, where="numpy:4")
            yield Machine(
                executable,
                python,
                numpy,
                simd=False,
                settings={"NPY_DISABLE_CPU_FEATURES": _optional_features(executable)},
            )
        for kernel in [kernel for kernel in kernels(executable) if kernel in missing]:
            missing.remove(kernel)
            of = {"OPENBLAS_CORETYPE": kernel}
            yield Machine(executable, python, numpy, kernel=kernel, settings=of)
        if has_blis == "True":
            yield Machine(executable, python, numpy, "BLIS", where="blis")
        if mkl:
            for kernel, threads in (("", 4), ("AVX2", 1), ("SSE4_2", 2)):
                of = {"MKL_DYNAMIC": "FALSE", "MKL_ENABLE_INSTRUCTIONS": kernel}
                of = {name: value for name, value in of.items() if value}
                yield Machine(
                    executable, python, numpy, "MKL", kernel, threads, True, f"mkl:{mkl[0]}", of
                )


def kernels(executable: str) -> list[str]:
    """Return those that OpenBLAS takes in this Python."""
    return [kernel for kernel in KERNELS if _takes(executable, kernel)]


def _takes(executable: str, kernel: str) -> bool:
    """Say whether OpenBLAS takes this kernel: not where the processor or the build has none."""
    asked = {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_VERBOSE": "2"}
    done = subprocess.run(
        [executable, "-c", "import numpy"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=True,
    )
    return f"Core: {KERNELS[kernel]}\n" in done.stdout + done.stderr


def _optional_features(executable: str) -> str:
    """Return what NumPy found in the processor beyond what it was built for."""
    code = (
        "from numpy._core._multiarray_umath import __cpu_dispatch__ as d, __cpu_features__ as f\n"
        "print(*(name for name in d if f[name]))"
    )
    done = subprocess.run([executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
