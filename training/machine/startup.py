"""Import TensorFlow and Keras: on the same kernels everywhere, and without their log lines.

`TF_CPP_MIN_LOG_LEVEL` does not reach what is logged before absl's logging is initialized, such as
"Could not find cuda drivers on your machine"; only standard error itself can be turned away.
"""

import contextlib
import gc
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator

LOOKED_FOR = ("IPython", "jax", "matplotlib", "pandas", "scipy", "sklearn")
"""What Keras and TensorFlow import where it is installed, and do without where it is not.

It takes as long as all the rest, for what nothing here calls: Keras' galleries, its wrappers for
scikit-learn, `fit` on data frames and sparse matrices, JAX for TensorFlow Lite.
"""


def import_tensorflow() -> None:
    """Import TensorFlow and Keras and look for devices, once, in silence.

    Keras is told to run on TensorFlow: the models compared here are TensorFlow's. oneDNN is turned
    on, for left alone TensorFlow decides by the processor, and the last bits of a matrix product
    would depend on that; TF_ENABLE_ONEDNN_OPTS=0 turns it off. TF_CPP_MIN_LOG_LEVEL=0 shows
    TensorFlow's log.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    shown = os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"
    silent = contextlib.nullcontext() if shown else standard_error_held_back()
    with nothing_collected(), unseen(LOOKED_FOR), silent:
        import keras  # noqa: F401
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")
        tf.config.list_physical_devices()


def one_thread_per_op() -> None:
    """Let every op run on one thread: best where as many trainees run at once as there are cores.

    No effect in a process in which TensorFlow has computed already.
    """
    import_tensorflow()
    import tensorflow as tf

    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)


@contextlib.contextmanager
def unseen(packages: Iterable[str]) -> Iterator[None]:
    """Let the body's imports find none of these, but for those that are imported already."""
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: cannot be found
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def nothing_collected() -> Iterator[None]:
    """Look for no garbage meanwhile, and later not among what has been made till then.

    An import makes a million objects that stay. To look through them again and again is a fifth of
    the time that `import tensorflow` takes.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextlib.contextmanager
def standard_error_held_back() -> Iterator[None]:
    """Turn file descriptor 2 away; give back what was written there if the body fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except Exception:  # of Ctrl-C nothing needs to be explained
            held_back.seek(0)
            os.write(kept, held_back.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
