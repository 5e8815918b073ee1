"""A statement on docs/understand/tf1-to-keras.md: a graph of TensorFlow 1, a model of Keras."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
ROUNDING = 2e-6
"""How far float32 may be away where both sides compute the same formula in other ops."""


def session_run(build: Any) -> Any:
    """What `build()`, any TensorFlow 1 code, gives in a graph of its own."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(1)
        tensors = build()
        session.run(v1.global_variables_initializer())
        return session.run(tensors)


def trained(optimizer: Any, start: np.ndarray, gradients: list[Any]) -> list[np.ndarray]:
    """What a TensorFlow 1 optimizer makes of a variable, gradient by gradient."""
    with tf.Graph().as_default(), v1.Session() as session:
        variable, fed = v1.Variable(start), v1.placeholder(tf.float32, start.shape)
        rate = v1.placeholder_with_default(np.float32(1.0), [])
        update = optimizer(rate).apply_gradients([(fed, variable)])
        session.run(v1.global_variables_initializer())
        found = []
        for gradient, of_step in gradients:
            session.run(update, {fed: gradient, rate: of_step})
            found.append(session.run(variable))
        return found


def dense(units: int = 3, **options: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input([4]), keras.layers.Dense(units, **options)])


def batch(number: int = 8) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.standard_normal((number, 4)).astype(np.float32)
    return x, np.eye(3, dtype=np.float32)[random.integers(3, size=number)]


def embedded(theirs: Any, ours: Any, batches: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    """What both make of a table [3] of zeros, [batches, 3]; a batch is ids and their gradients.

    Keras' RMSprop starts from TensorFlow 1's mean square.
    """
    table = keras.Variable(np.zeros([3], np.float32))
    optimizer, found = ours.from_config(ours.get_config()), []
    optimizer.build([table])
    for slot in optimizer.variables:
        if isinstance(ours, keras.optimizers.RMSprop) and "velocity" in slot.path:
            slot.assign(np.ones([3]))
    for ids, gradients in batches:
        slices = tf.IndexedSlices(tf.constant(gradients), tf.constant(ids), tf.constant([3]))
        optimizer.apply([slices], [table])
        found.append(-table.numpy())
    with tf.Graph().as_default(), v1.Session() as session:
        variable = v1.Variable(np.zeros([3], np.float32), use_resource=False)
        rows, fed = v1.placeholder(tf.int32, [None]), v1.placeholder(tf.float32, [None])
        slices = tf.IndexedSlices(fed, rows, tf.constant([3]))
        update = theirs(0.1).apply_gradients([(slices, variable)])
        session.run(v1.global_variables_initializer())
        expected = []
        for ids, gradients in batches:
            session.run(update, {rows: ids, fed: gradients})
            expected.append(-session.run(variable))
    return np.array(expected), np.array(found)
