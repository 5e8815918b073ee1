"""What may fail in a model that was changed, and is no fault of this project's."""

from pathlib import Path

import tensorflow as tf

from training.model_files.users_code import line_of

OF_LIBRARIES = (tf.errors.OpError, TypeError, ValueError, LookupError, AttributeError)
"""What TensorFlow and Keras raise where a change, a dtype or a shape does not suit them."""


def expected(error: Exception, path: Path) -> bool:
    """Whether it comes of such a change: from a library, or from the user's code in `path`."""
    return isinstance(error, OF_LIBRARIES) or line_of(error, path) is not None
