"""Choose a device, place both sides on it explicitly, and read back what was placed where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.errors import UserError
from training.machine import startup

if TYPE_CHECKING:
    import tensorflow as tf

Placement = Mapping[str, Mapping[str, int]]

WEIGHTS = "weights"
"""Counted in place of ops by what runs outside TensorFlow: NumPy, JAX, PyTorch."""


@dataclass(frozen=True)
class Device:
    """A device that is there: `kind` is CPU or GPU."""

    kind: str
    index: int

    @property
    def name(self) -> str:
        """As TensorFlow takes it: "/CPU:0"."""
        return f"/{self.kind}:{self.index}"


def choose(request: str, replicas: int = 1, *, of_worker: bool = False) -> Device:
    """Return the device that `request` (auto, cpu, cpu:N, gpu, gpu:N) names, ready for parity runs.

    `replicas` devices from it on have to be there; a CPU is divided into so many. On a GPU: memory
    growth on, TF32 off, deterministic kernels. On a CPU: GPUs are not touched. TensorFlow does not
    start yet for a worker, which has to join the others first; it takes all GPUs that it sees.
    Raises UserError where the device is not there.
    """
    startup.import_tensorflow()
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    kind, _, index = request.upper().partition(":")
    if kind == "AUTO":
        kind = "GPU" if gpus else "CPU"
    device = Device(kind, int(index or 0))
    if kind == "GPU":
        if device.index + replicas > len(gpus):
            raise UserError(
                f"--device {request}: TensorFlow {tf.__version__} finds {len(gpus)} GPU(s) on this "
                "machine.\nWith an NVIDIA GPU and its driver: pip install '.[gpu]' in a clone; "
                "otherwise: --device cpu"
            )
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.experimental.enable_tensor_float_32_execution(False)
        tf.config.experimental.enable_op_determinism()
    else:
        if gpus:
            tf.config.set_visible_devices([], "GPU")
        if replicas > 1:
            _divide_cpu(device.index + replicas)
        if of_worker and device.index == 0:
            return device
        cpus = 1 if of_worker else len(tf.config.list_logical_devices("CPU"))
        if device.index >= cpus:
            raise UserError(f"--device {request}: TensorFlow has {cpus} CPU device(s), from cpu:0.")
    return device


def _divide_cpu(count: int) -> None:
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    devices = [tf.config.LogicalDeviceConfiguration()] * count
    try:
        tf.config.set_logical_device_configuration(cpu, devices)
    except RuntimeError as error:  # TensorFlow has computed already
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise UserError(
                f"{count} CPU devices: TensorFlow is running with fewer already; restart Python."
            ) from error


def mirrored(device: Device, replicas: int) -> "tf.distribute.Strategy":
    """Return the strategy that shares rows out to `replicas` devices from `device` on."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy([one.name for one in from_on(device, replicas)])


def from_on(device: Device, count: int) -> list[Device]:
    """Return `count` devices, the first of which is `device`."""
    return [Device(device.kind, device.index + number) for number in range(count)]


def session_config(device: Device) -> "tf.compat.v1.ConfigProto":
    """Return the settings of a TensorFlow 1 session that sees the devices that eager mode sees."""
    import tensorflow as tf

    config = tf.compat.v1.ConfigProto()
    config.device_count["CPU"] = len(tf.config.list_logical_devices("CPU"))
    if device.kind == "GPU":
        config.gpu_options.allow_growth = True
    else:
        config.device_count["GPU"] = 0
    return config


def _short(executed: str) -> str:
    """ "/job:localhost/replica:0/task:0/device:CPU:0" -> "/CPU:0"."""
    return "/" + executed.rpartition("device:")[2]


def describe(placement: Placement) -> str:
    """Return a line such as "37 ops on /CPU:0 (5 matrix products)"."""
    parts = []
    for executed, ops in sorted(placement.items()):
        if set(ops) == {WEIGHTS}:
            parts.append(f"{ops[WEIGHTS]} updated weights on {_short(executed)}")
            continue
        products = sum(count for op, count in ops.items() if "MatMul" in op)
        note = f" ({products} matrix products)" if products else ""
        parts.append(f"{sum(ops.values())} ops on {_short(executed)}{note}")
    return ", ".join(parts)


def check(lane: str, placement: Placement, *devices: Device) -> None:
    """Raise UserError unless matrix products of the executed graph ran on all of `devices`.

    And on no other. Of what has no graph to read back, every updated weight must lie there.
    """
    asked = {device.name for device in devices}
    where = {
        _short(executed)
        for executed, ops in placement.items()
        if any("MatMul" in op or op == WEIGHTS for op in ops)
    }
    if where != asked:
        raise UserError(
            f"lane {lane} was asked to run on {', '.join(sorted(asked))}, but its work was done on "
            f"{', '.join(sorted(where)) or 'no device that could be read back'}.\n"
            "Choose another --device."
        )
