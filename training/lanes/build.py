"""Make the trainees: every lane from the same initial weights, on the same bound data."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import numpy as np

from tf1_compat.hyperparameters import LISTING, Hyperparameters
from training.data import ALIGNMENT, Examples
from training.lanes.protocol import Trainee
from training.machine import devices
from training.machine.devices import Device
from training.options.lanes import LANES, Feed, Lane, Precision

if TYPE_CHECKING:
    import tensorflow as tf

    from tf1_compat.program import Program


@dataclass(frozen=True)
class Manner:
    """How the lanes compute: none of it is meant to change what they compute but for rounding."""

    micro_batch: int | None = None
    """The lanes exact and idiomatic sum their gradient over slices of so many rows."""
    strategy: "tf.distribute.Strategy | None" = None
    """They share out the rows to its replicas."""
    feed: Feed = "documented"
    """How the tf1 lane gets its data."""
    precision: Precision = "float32"
    """Of the lanes that TensorFlow computes; TensorFlow 1 had no mixed one and stays in float32."""

    @property
    def dtype(self) -> str:
        """Of data and variables: float32 or float64."""
        return "float64" if self.precision == "float64" else "float32"


@dataclass(frozen=True)
class Setting:
    """What every lane is made from."""

    train: Examples
    seed: int
    device: Device
    hyper: Hyperparameters
    manner: Manner

    @property
    def whole(self) -> Hyperparameters:
        """Without dropout, which is the stock Keras lanes' alone."""
        return replace(self.hyper, dropout=0.0)

    @cached_property
    def program(self) -> "Program":
        """TensorFlow 1's graph, with its initial weights for the seed."""
        program = _program(self, self.train, self.manner.dtype)
        if self.manner.dtype != "float32":
            # TensorFlow draws other random numbers in float64: the float32 graph's are wanted.
            one = Examples(self.train.x[:1], self.train.y[:1])
            single = _program(self, one, "float32")
            program.load_weights(single.weights())
            single.close()
        return program

    @cached_property
    def bound(self) -> "tuple[tf.Tensor, tf.Tensor]":
        """x and y on the device, shared by all lanes that TensorFlow 2 computes."""
        x, y = (array.astype(self.manner.dtype, copy=False) for array in self.train)
        return bind(x, self.device), bind(y, self.device)


def build(
    lanes: Collection[Lane],
    train: Examples,
    seed: int,
    device: Device,
    hyper: Hyperparameters = LISTING,
    manner: Manner = Manner(),
) -> list[Trainee]:
    """Return one trainee per lane, in order, all with TensorFlow 1's initial weights for `seed`.

    Each trains as many numbers as `hyper` says. Raises UserError where there are more replicas than
    rows.
    """
    setting = Setting(train, seed, device, hyper, manner)
    initial = setting.program.weights()
    trainees: list[Trainee] = [
        resolve_name(LANES[name].make)(name, setting) for name in LANES if name in lanes
    ]
    for trainee in trainees:
        if trainee is not setting.program:
            trainee.load_weights(initial)
        numbers = sum(array.size for array in trainee.weights().values())
        assert numbers == hyper.parameters, f"{trainee.name}: {numbers} parameters"
    if setting.program not in trainees:
        setting.program.close()
    return trainees


def _program(setting: Setting, train: Examples, dtype: str) -> "Program":
    import tensorflow as tf

    from tf1_compat.program import Program

    return Program(
        train.x,
        train.y,
        seed=setting.seed,
        device=setting.device.name,
        config=devices.session_config(setting.device),
        dtype=tf.as_dtype(dtype),
        hyper=setting.whole,
        feed=setting.manner.feed,
    )


def bind(array: np.ndarray, device: Device) -> "tf.Tensor":
    """Return `array` as a tensor on `device`; on the CPU it is the same memory, if it is aligned.

    The array must not be written to afterwards. `tf.constant` would copy it.
    """
    import tensorflow as tf

    aligned = array.ctypes.data % ALIGNMENT == 0 and array.flags.c_contiguous
    if device == Device("CPU", 0) and aligned and array.flags.writeable:
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    with tf.device(device.name):
        return tf.constant(array)
