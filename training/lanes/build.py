"""Make the trainees: every lane from the same initial weights, on the same bound data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tf1_compat.hyperparameters import LISTING, Hyperparameters
from training.data import ALIGNMENT, Examples
from training.errors import UserError
from training.lanes import other_backends
from training.lanes.by_hand import Backpropagation
from training.lanes.protocol import Trainee
from training.machine import devices
from training.machine.devices import Device
from training.options.lanes import DISTRIBUTED, ORDER, Feed, Lane, Precision

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_models.trainee import KerasTrainee
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
    """Of the lanes tf1, exact and idiomatic; TensorFlow 1 had no mixed one and stays in float32."""

    @property
    def dtype(self) -> str:
        """Of data and variables: float32 or float64."""
        return "float64" if self.precision == "float64" else "float32"


def build(
    lanes: Sequence[Lane],
    train: Examples,
    seed: int,
    device: Device,
    hyper: Hyperparameters = LISTING,
    manner: Manner = Manner(),
) -> list[Trainee]:
    """Return one trainee per lane, in ORDER, all with TensorFlow 1's initial weights for `seed`.

    Each trains as many numbers as `hyper` says. Dropout is the idiomatic Keras lanes' alone. Raises
    UserError where there are more replicas than rows.
    """
    whole = replace(hyper, dropout=0.0)
    tf1 = _program(train, seed, device, whole, manner)
    initial = tf1.weights()
    if manner.dtype != "float32":
        # TensorFlow draws other random numbers in float64: the float32 lane's are wanted.
        one = Examples(train.x[:1], train.y[:1])
        single = _program(one, seed, device, whole, replace(manner, precision="float32"))
        initial = single.weights()
        single.close()
        tf1.load_weights(initial)
    trainees: list[Trainee] = [tf1]
    if keras := [lane for lane in ORDER if lane in lanes and lane not in ("tf1", "numpy")]:
        trainees += _keras_trainees(keras, train, seed, device, hyper, manner)
    for trainee in trainees[1:]:
        trainee.load_weights(initial)
    if "numpy" in lanes:
        trainees.append(Backpropagation(train.x, train.y, initial, whole))
    if "tf1" not in lanes:
        tf1.close()
        del trainees[0]
    trainees.sort(key=lambda trainee: [*ORDER].index(trainee.name))  # type: ignore[arg-type]
    for trainee in trainees:
        numbers = sum(array.size for array in trainee.weights().values())
        assert numbers == hyper.parameters, f"{trainee.name}: {numbers} parameters"
    return trainees


def _program(
    train: Examples, seed: int, device: Device, hyper: Hyperparameters, manner: Manner
) -> "Program":
    import tensorflow as tf

    from tf1_compat.program import Program

    return Program(
        train.x,
        train.y,
        seed=seed,
        device=device.name,
        config=devices.session_config(device),
        dtype=tf.as_dtype(manner.dtype),
        hyper=hyper,
        feed=manner.feed,
    )


def _keras_trainees(
    lanes: Sequence[Lane],
    train: Examples,
    seed: int,
    device: Device,
    hyper: Hyperparameters,
    manner: Manner,
) -> list[Trainee]:
    import tensorflow as tf

    from keras_models import article
    from keras_models.distributed import DistributedTrainee
    from keras_models.micro_batch import MicroBatchTrainee, slices
    from keras_models.trainee import KerasTrainee

    x_all, y_all = (array.astype(manner.dtype, copy=False) for array in train)
    if manner.strategy is None or set(lanes) - DISTRIBUTED:
        x, y = bind(x_all, device), bind(y_all, device)  # shared by all Keras lanes

    def model(lane: Lane) -> "tf.keras.Model":
        if lane == "exact":
            return article.build("exact", None, replace(hyper, dropout=0.0), manner.precision)
        return article.build("idiomatic", seed, hyper, manner.precision)

    def trainee(lane: Lane) -> "KerasTrainee":
        if manner.strategy and lane in DISTRIBUTED:
            with manner.strategy.scope():
                shared = model(lane)
            return DistributedTrainee(lane, shared, x_all, y_all, manner.strategy, hyper=hyper)
        with tf.device(device.name):
            own = model(lane)
        if manner.micro_batch and lane in DISTRIBUTED:
            data = slices(x, y, manner.micro_batch)
            return MicroBatchTrainee(lane, own, data, len(train.x), device=device.name, hyper=hyper)
        return KerasTrainee(lane, own, x, y, device=device.name, hyper=hyper)

    try:
        return [
            other_backends.BackendTrainee(lane, trainee(lane), train.x, train.y, device)
            if lane in other_backends.PACKAGES
            else trainee(lane)
            for lane in lanes
        ]
    except ValueError as error:
        if manner.strategy:
            raise UserError(f"--data: {error}; take fewer --replicas or workers.") from error
        raise


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
