"""What a run ran on, and what of it decides bits: versions, processor, threads, devices, oneDNN."""

import importlib.util
import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from training.errors import UserError, first_line
from training.machine import files

PACKAGES = (
    *("mnist-tf1-keras", "tensorflow", "keras", "numpy"),
    *("tensorflow-datasets", "importlib_resources"),  # which the former needs and does not declare
)
FRAMEWORKS = ("jax", "torch")
"""Listed where they are installed."""
VARIABLES = (
    *("TF_ENABLE_ONEDNN_OPTS", "TF_DETERMINISTIC_OPS", "TF_XLA_FLAGS", "XLA_FLAGS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"),
    *("ONEDNN_MAX_CPU_ISA", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "NVIDIA_TF32_OVERRIDE"),
)
"""Of the environment, what libraries read that compute."""
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2"}
"""Flag of a processor in /proc/cpuinfo -> what its vectors are called, the widest first."""
DECIDES_BITS = (
    *("packages", "cpu", "cores", "gpus", "threads", "onednn", "tf32", "grappler", "variables"),
    "device",
)
"""Of what is recorded of a run; the rest is for people."""


def describe(device: str = "/CPU:0") -> dict[str, Any]:
    """Return what can move a bit or a second on `device`, ready for `environment.json`."""
    found = {**machine(), **of_tensorflow(), "variables": variables(VARIABLES)}
    return {**found, "device": device}


def read(file: Path) -> dict[str, Any]:
    """Return the `environment.json` of a run; UserError where it is damaged."""
    try:
        found = files.read_json(file)
        str(found["data"]["sha256"])
        return dict(found)
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UserError(
            f"{file}: not a record of what a run ran on ({first_line(error)}).\n"
            "Restore it, or start a new run."
        ) from error


def warning(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """Return what is said where something that decides bits differs between two records."""
    parts = []
    for name in DECIDES_BITS:
        of = [record.get(name) for record in (before, now)]
        groups = [one if isinstance(one, dict) else {name: one} for one in of]
        for part in dict.fromkeys([*groups[0], *groups[1]]):
            was, found = (group.get(part) for group in groups)
            if was != found:
                parts.append(f"{part} {found}, was {was}")
    if not parts:
        return None
    return (
        f"WARNING: not as before: {'; '.join(parts)}.\nFrom here on the bits may be other than "
        "those of a run that went on as it began."
    )


def variables(names: Iterable[str]) -> dict[str, str]:
    """Return those of the environment variables `names` that are set."""
    return {name: os.environ[name] for name in names if name in os.environ}


def machine() -> dict[str, Any]:
    """Return what can be said without TensorFlow: Python, packages, processor."""
    frameworks = (package for package in FRAMEWORKS if importlib.util.find_spec(package))
    return {
        "python": platform.python_version(),
        "packages": {package: _version(package) for package in (*PACKAGES, *frameworks)},
        "platform": platform.platform(),
        "cpu": _processor(),
        "cores": _cores(),
    }


def of_tensorflow() -> dict[str, Any]:
    """Return what TensorFlow says of itself: GPUs, threads, oneDNN, TF32."""
    import tensorflow as tf
    from tensorflow.python.util import _pywrap_util_port

    return {
        "gpus": [
            tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
            for gpu in tf.config.list_physical_devices("GPU")
        ],
        "threads": {  # 0: TensorFlow takes as many as there are cores
            "intra_op": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_op": tf.config.threading.get_inter_op_parallelism_threads(),
        },
        "onednn": bool(_pywrap_util_port.IsMklEnabled()),
        "grappler": tf.config.optimizer.get_experimental_options(),
        "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
    }


def _cores() -> int | None:
    """Return how many this process may use, of which TensorFlow takes as many threads."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def banner() -> str:
    """One line for the top of a run."""
    about = describe()
    packages = about["packages"]
    gpus = f", {', '.join(about['gpus'])}" if about["gpus"] else ""
    return (
        f"TensorFlow {packages['tensorflow']}, Keras {packages['keras']}, "
        f"Python {about['python']}, {about['cpu']} ({about['cores']} cores){gpus}"
    )


def _processor() -> str:
    """Return its name, and where Linux tells, the widest vectors: one name stands for several."""
    cpuinfo = Path("/proc/cpuinfo")
    first = cpuinfo.read_text().partition("\n\n")[0] if cpuinfo.is_file() else ""
    pairs = (line.partition(":") for line in first.splitlines())
    said = {key.strip(): value.strip() for key, _, value in pairs}
    name = said.get("model name") or platform.processor() or platform.machine()
    flags = said.get("flags", "").split()
    return ", ".join([name, *[vectors for flag, vectors in VECTORS.items() if flag in flags][:1]])
