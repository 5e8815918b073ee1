"""An autoencoder whose decoder has the encoder's weights, transposed, with Adagrad.

tf1keras check examples/tf115/autoencoder.py
"""

from pathlib import Path

import keras

from tf1_compat import meta

GRAPH = Path(__file__).parent / "graphs" / "autoencoder.meta"


def tf1_graph() -> dict:
    ends = {"x": "Placeholder:0", "y": "Placeholder:0", "logits": "add_1:0", "cost": "Mean:0"}
    return meta.load(GRAPH, **ends, train_op="Adagrad")


@keras.saving.register_keras_serializable("autoencoder")
class Autoencoder(keras.layers.Layer):
    """[N, 36] -> [N, 36], by way of 16 numbers."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        start = keras.initializers.RandomUniform(-0.3, 0.3)
        self.W = self.add_weight([36, 16], start, name="W")
        self.b_encoder = self.add_weight([16], "zeros", name="b_encoder")
        self.b_decoder = self.add_weight([36], "zeros", name="b_decoder")

    def call(self, pixels: object) -> object:
        code = keras.ops.sigmoid(keras.ops.matmul(pixels, self.W) + self.b_encoder)
        return keras.ops.matmul(code, keras.ops.transpose(self.W)) + self.b_decoder


@keras.saving.register_keras_serializable("autoencoder")
def cross_entropy(pixels: object, logits: object) -> object:
    """Of each row, [N], the sum of its pixels'."""
    return 36 * keras.losses.binary_crossentropy(pixels, logits, from_logits=True)


def keras_model() -> keras.Model:
    model = keras.Sequential([keras.Input([36]), Autoencoder(name="autoencoder")])
    model.compile(keras.optimizers.Adagrad(0.1, epsilon=0), cross_entropy)
    return model


weight_map = {name: f"autoencoder/{name}" for name in ("W", "b_encoder", "b_decoder")}
