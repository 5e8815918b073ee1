"""model.py of a network that need not train: the model alone, not compiled."""

from keras_models.writing import layers, model, rest
from keras_models.writing.lines import Line
from keras_models.writing.module import Source, imports
from tf1_compat.network import Forward

HEAD = '''"""A network of TensorFlow 1's, as {name} has it, in Keras, without training.{notes}"""

import keras
{tensorflow}'''
WEIGHTS = "\nIts weights are in model.keras.\n"


def source(network: Forward, name: str, *, weights: bool) -> Source:
    """Return the source; `name` is what it is made of, `weights`: they are in model.keras."""
    pieces = layers.pieces(network.calls)
    made = [
        *rest.lines(network),
        Line("def keras_model() -> keras.Model:"),
        Line('    """Return the network."""'),
        *model.lines(network),
        Line("    return model"),
    ]
    begun = rest.head(network)
    notes = begun["partial"] + (WEIGHTS if weights else "")
    text = [
        HEAD.format(name=name, notes=f"\n{notes}" if notes else "", **begun),
        *(f"{line}\n" for line in imports(pieces)),
        "",
        *(line.text for line in made),
        "",
    ]
    return Source("\n".join(text), made)
