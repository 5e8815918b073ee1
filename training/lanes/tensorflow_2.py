"""The listing in TensorFlow 2 without Keras' layers, with Keras' optimizer or TensorFlow 1's."""

from keras_models.article import Lane
from keras_models.trainees.tf2 import TF2Trainee
from training.lanes.build import Setting


def make(name: str, setting: Setting) -> TF2Trainee:
    """Return the lane: tf2 with stock pieces, tf2-exact with TensorFlow 1's update."""
    pieces: Lane = "exact" if name == "tf2-exact" else "idiomatic"
    device = setting.device.name
    return TF2Trainee(name, *setting.bound, pieces, device=device, hyper=setting.whole)
