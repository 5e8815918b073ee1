"""Make the trainees: every lane from the same initial weights, on the same bound data."""

from collections.abc import Sequence

from training import devices
from training.config import Lane
from training.data import Examples
from training.devices import Device
from training.loop import Trainee

ORDER: tuple[Lane, ...] = ("tf1", "exact", "idiomatic")
"""The order of columns; the first lane that runs is the reference."""


def build(lanes: Sequence[Lane], train: Examples, seed: int, device: Device) -> list[Trainee]:
    """Return one trainee per lane, in ORDER, all with TensorFlow 1's initial weights for `seed`."""
    from tf1_compat.program import Program

    tf1 = Program(
        train.x,
        train.y,
        seed=seed,
        device=device.name,
        config=devices.session_config(device),
    )
    keras_lanes = [lane for lane in ORDER if lane in lanes and lane != "tf1"]
    trainees: list[Trainee] = [tf1, *_keras_trainees(keras_lanes, train, device)]
    initial = tf1.weights()
    for trainee in trainees[1:]:
        trainee.load_weights(initial)
    if "tf1" in lanes:
        return trainees
    tf1.close()
    return trainees[1:]


def _keras_trainees(lanes: Sequence[Lane], train: Examples, device: Device) -> list[Trainee]:
    import tensorflow as tf

    from keras_models import article
    from keras_models.trainee import KerasTrainee

    if not lanes:
        return []
    with tf.device(device.name):
        x, y = tf.constant(train.x), tf.constant(train.y)  # one copy, shared by all Keras lanes
        models = [article.build("exact" if lane == "exact" else "idiomatic") for lane in lanes]
    return [
        KerasTrainee(lane, model, x, y, device=device.name)
        for lane, model in zip(lanes, models, strict=True)
    ]
