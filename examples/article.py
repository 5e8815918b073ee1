"""The article's model and its everyday Keras rewrite.

tf1keras check examples/article.py
"""

import keras

import keras_models
from tf1_compat import article


def tf1_graph() -> dict:
    graph = article.build()
    return {
        "x": graph.X,
        "y": graph.Y,
        "logits": graph.output_layer,
        "cost": graph.cost,
        "train_op": graph.optimizer,
    }


def keras_model() -> keras.Model:
    return keras_models.article.build("idiomatic")


weight_map = {
    "Variable": "hidden_layer/kernel",
    "Variable_1": "hidden_layer/bias",
    "Variable_2": "output_layer/kernel",
    "Variable_3": "output_layer/bias",
}
