"""model.py of a network that need not train: the model alone, not compiled."""

from keras_models.writing import layers, model
from keras_models.writing.module import imports
from tf1_compat.network import Forward

HEAD = '''"""A network of TensorFlow 1's, as {name} has it, in Keras, without training.{weights}"""

import keras
'''
WEIGHTS = "\n\nIts weights are in model.keras.\n"


def source(network: Forward, name: str, *, weights: bool) -> str:
    """Return the source; `name` is what it is made of, `weights`: they are in model.keras."""
    pieces = layers.pieces(call.layer.kind for call in network.calls)
    return "\n".join(
        [
            HEAD.format(name=name, weights=WEIGHTS if weights else ""),
            *(f"{line}\n" for line in imports(pieces)),
            "\ndef keras_model() -> keras.Model:",
            '    """Return the network."""',
            *(line.text for line in model.lines(network)),
            "    return model",
            "",
        ]
    )
