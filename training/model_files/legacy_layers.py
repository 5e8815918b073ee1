"""`tf.compat.v1.layers` and `tf.compat.v1.nn.rnn_cell`, which Keras 3 has not: tf-keras has them.

TensorFlow chooses between the two when either is used first, by TF_USE_LEGACY_KERAS as it is then
(tensorflow/python/util/lazy_loader.py).
"""

import contextlib
import os
from collections.abc import Iterator
from importlib.util import find_spec

from training.machine import startup

SWITCH = "TF_USE_LEGACY_KERAS"
REFUSED = ("not available with Keras 3", "No module named 'tf_slim'")
"""What is raised where they are not, by TensorFlow and by `import tf_slim`."""


@contextlib.contextmanager
def found() -> Iterator[None]:
    """Let the body find them in tf-keras, where that is installed; `tf.keras` stays Keras 3."""
    startup.import_tensorflow()
    import tensorflow as tf

    before = os.environ.get(SWITCH)
    if before is not None or find_spec("tf_keras") is None:
        yield
        return
    _ = tf.keras.Model  # has TensorFlow choose Keras 3 here
    os.environ[SWITCH] = "1"
    try:
        yield
    finally:
        del os.environ[SWITCH]


def advice(said: str) -> str | None:
    """Return what helps where an exception of the user's code `said` that they are missing."""
    if not any(refused in said for refused in REFUSED):
        return None
    import tensorflow as tf

    fitting = tf.__version__.rpartition(".")[0]
    return (
        "It is in another package, the extra `legacy`: make legacy, or "
        f'pip install "tf-keras=={fitting}.*" tf-slim. Or write it in ops, as tf.matmul(x, W) + b.'
    )
