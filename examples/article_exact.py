"""The article's model and its Keras mirror, bit for bit.

tf1keras check examples/article_exact.py
"""

import keras
from article import tf1_graph, weight_map

import keras_models

__all__ = ["keras_model", "tf1_graph", "weight_map"]


def keras_model() -> keras.Model:
    return keras_models.article.build("exact")
