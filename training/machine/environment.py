"""What a run ran on: versions, processor, threads, devices, oneDNN."""

import importlib.util
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    *("mnist-tf1-keras", "tensorflow", "keras", "numpy"),
    *("tensorflow-datasets", "importlib_resources"),  # which the former needs and does not declare
)
FRAMEWORKS = ("jax", "torch")
"""Listed where they are installed."""


def describe() -> dict[str, Any]:
    """Return what can move a bit or a second, ready for `environment.json`."""
    return {**machine(), **of_tensorflow()}


def machine() -> dict[str, Any]:
    """Return what can be said without TensorFlow: Python, packages, processor."""
    frameworks = (package for package in FRAMEWORKS if importlib.util.find_spec(package))
    return {
        "python": platform.python_version(),
        "packages": {package: _version(package) for package in (*PACKAGES, *frameworks)},
        "platform": platform.platform(),
        "cpu": _processor(),
        "cores": os.cpu_count(),
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
        "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
    }


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
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
