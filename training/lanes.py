"""Make the trainees: every lane from the same initial weights, on the same bound data."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tf1_compat.hyperparameters import LISTING, Hyperparameters
from training import backend, devices
from training.backprop import Backpropagation
from training.config import Lane
from training.data import ALIGNMENT, Examples
from training.devices import Device
from training.loop import Trainee

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_models.trainee import KerasTrainee

ORDER: tuple[Lane, ...] = ("tf1", "exact", "idiomatic", "numpy", "keras-jax", "keras-torch")
"""The order of columns; the first lane that runs is the reference."""


def build(
    lanes: Sequence[Lane],
    train: Examples,
    seed: int,
    device: Device,
    hyper: Hyperparameters = LISTING,
    micro_batch: int | None = None,
) -> list[Trainee]:
    """Return one trainee per lane, in ORDER, all with TensorFlow 1's initial weights for `seed`.

    Each trains as many numbers as `hyper` says. Dropout is the idiomatic Keras lanes' alone. With
    `micro_batch` the lanes exact and idiomatic sum their gradient over slices of so many rows.
    """
    from tf1_compat.program import Program

    whole = replace(hyper, dropout=0.0)
    tf1 = Program(
        train.x,
        train.y,
        seed=seed,
        device=device.name,
        config=devices.session_config(device),
        hyper=whole,
    )
    initial = tf1.weights()
    trainees: list[Trainee] = [tf1]
    if keras := [lane for lane in ORDER if lane in lanes and lane not in ("tf1", "numpy")]:
        trainees += _keras_trainees(keras, train, seed, device, hyper, micro_batch)
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


def _keras_trainees(
    lanes: Sequence[Lane],
    train: Examples,
    seed: int,
    device: Device,
    hyper: Hyperparameters,
    micro_batch: int | None,
) -> list[Trainee]:
    import tensorflow as tf

    from keras_models import article
    from keras_models.micro_batch import MicroBatchTrainee, slices
    from keras_models.trainee import KerasTrainee

    x, y = (bind(array, device) for array in (train.x, train.y))  # shared by all Keras lanes

    def trainee(lane: Lane) -> "KerasTrainee":
        with tf.device(device.name):
            if lane == "exact":
                model = article.build("exact", hyper=replace(hyper, dropout=0.0))
            else:
                model = article.build("idiomatic", seed, hyper)
        if micro_batch and lane not in backend.PACKAGES:
            data = slices(x, y, micro_batch)
            return MicroBatchTrainee(
                lane, model, data, len(train.x), device=device.name, hyper=hyper
            )
        return KerasTrainee(lane, model, x, y, device=device.name, hyper=hyper)

    return [
        backend.BackendTrainee(lane, trainee(lane), train.x, train.y, device)
        if lane in backend.PACKAGES
        else trainee(lane)
        for lane in lanes
    ]


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
