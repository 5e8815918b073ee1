"""The Keras mirror of the article's model; importing it registers its custom objects with Keras."""

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"keras_models mirrors a TensorFlow graph, but Keras runs on {keras.backend.backend()!r}. "
        "Set KERAS_BACKEND=tensorflow before Keras is imported."
    )

from keras_models import article, costs, exact, schedules, tf1_optimizers, tied, weights

__all__ = ["article", "costs", "exact", "schedules", "tf1_optimizers", "tied", "weights"]
