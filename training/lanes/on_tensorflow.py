"""The lanes that TensorFlow computes in this process: TensorFlow 1's graph, Keras, TensorFlow 2."""

import keras as keras_library
import tensorflow as tf

from keras_models import article
from keras_models.exact import AddV2Dense
from keras_models.exact.products import same_either_way
from keras_models.trainees.compiled import KerasTrainee
from keras_models.trainees.distributed import DistributedTrainee
from keras_models.trainees.micro_batch import MicroBatchTrainee, slices
from keras_models.trainees.tf2 import TF2Trainee
from tf1_compat.program import Program
from training.errors import UserError
from training.lanes.build import Setting


def tf1(name: str, setting: Setting) -> Program:
    """Return the graph whose initial weights all lanes have."""
    return setting.program


def keras(name: str, setting: Setting) -> KerasTrainee:
    """Return the Keras model of the lane `name`, as exact or as idiomatic as its name says.

    Raises UserError where there are more replicas than rows.
    """
    manner, device, hyper = setting.manner, setting.device.name, setting.hyper
    if manner.strategy:
        with manner.strategy.scope():
            shared = _model(name, setting)
        x, y = (array.astype(manner.dtype, copy=False) for array in setting.train)
        try:
            return DistributedTrainee(name, shared, x, y, manner.strategy, hyper=hyper)
        except ValueError as error:
            raise UserError(f"--data: {error}; take fewer --replicas or workers.") from error
    with tf.device(device):
        model = _model(name, setting)
    if manner.micro_batch:
        rows = len(setting.train.x)
        blocks = slices(*setting.bound, manner.micro_batch)
        return MicroBatchTrainee(name, model, blocks, rows, device=device, hyper=hyper)
    if name == "exact" and setting.device.kind == "CPU":
        _turn(model, setting.bound[0])
    return KerasTrainee(name, model, *setting.bound, device=device, hyper=hyper)


def _turn(model: keras_library.Model, x: tf.Tensor) -> None:
    """Let the first layer make its gradient the quicker way, if that has every bit of the other."""
    first = next(layer for layer in model.layers if layer.weights)
    if not isinstance(first, AddV2Dense) or first.compute_dtype != x.dtype.name:
        return
    if same_either_way(x, first.units):
        first.turns_at = len(x)


def stock(name: str, setting: Setting) -> KerasTrainee:
    """Return the idiomatic model on all rows, whatever the manner, to be carried elsewhere."""
    device = setting.device.name
    with tf.device(device):
        model = _model("idiomatic", setting)
    return KerasTrainee(name, model, *setting.bound, device=device, hyper=setting.hyper)


def tf2(name: str, setting: Setting) -> TF2Trainee:
    """Return the listing without Keras' layers: tf2 of stock pieces, tf2-exact to the bit."""
    pieces: article.Lane = "exact" if name == "tf2-exact" else "idiomatic"
    device = setting.device.name
    return TF2Trainee(name, *setting.bound, pieces, device=device, hyper=setting.whole)


def _model(name: str, setting: Setting) -> keras_library.Model:
    if name == "exact":
        return article.build("exact", None, setting.whole, setting.manner.precision)
    return article.build("idiomatic", setting.seed, setting.hyper, setting.manner.precision)
