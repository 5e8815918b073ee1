"""What a layer's variables begin with and cost, as its arguments in Keras source."""

import math
from collections.abc import Mapping

from keras_models.writing.expressions import Calling
from tf1_compat.network import Beginning
from tf1_compat.network.graph import shortest

EXACT = "keras_models.exact"
CLOSE = 1e-5
"""Of a distribution that is Keras' own but for the rounding of its numbers, relative."""
ZEROS = {"bias": 0.0, "beta": 0.0, "moving_mean": 0.0, "gamma": 1.0, "moving_variance": 1.0}
"""Variable -> the constant that it begins with in Keras."""
EMBEDDINGS = 0.05
"""Keras' embeddings are uniform between minus this and this."""


HALF, PIECE = "half_l2", "TF1L2"
"""The kind of a penalty that is a multiple of tf.nn.l2_loss, and the piece that does it."""


def pieces(penalties: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """Return the regularizers that are not Keras' own -> the module of each."""
    return {PIECE: EXACT} if any(HALF in sizes for sizes in penalties.values()) else {}


def penalty(sizes: Mapping[str, float]) -> Calling:
    """Return the regularizer of l1 * sum |w| + l2 * sum w^2."""
    shortened = {kind: shortest(size) for kind, size in sizes.items()}
    if len(shortened) == 2:
        return Calling("keras.regularizers.L1L2", named=shortened)
    ((kind, size),) = shortened.items()
    if kind == HALF:
        return Calling(PIECE, [] if size == 1 else [size])
    return Calling(f"keras.regularizers.{kind.upper()}", [size])


def initializer(role: str, beginning: Beginning) -> Calling | str | None:
    """Return the initializer of a layer's variable; None where it is the layer's own."""
    shift, scale = shortest(beginning.shift), shortest(beginning.scale)
    if beginning.kind == "constant":
        if shift == ZEROS.get(role):
            return None
        names = {0.0: "zeros", 1.0: "ones"}
        return names.get(shift) or Calling("keras.initializers.Constant", [shift])
    if beginning.kind == "uniform":
        largest = shortest(beginning.shift + beginning.scale)
        own = EMBEDDINGS if role == "embeddings" else _glorot(beginning.shape)
        if math.isclose(-beginning.shift, largest, rel_tol=CLOSE) and math.isclose(
            largest, own, rel_tol=CLOSE
        ):
            return None
        return Calling("keras.initializers.RandomUniform", [shift, largest])
    name = "TruncatedNormal" if beginning.kind == "truncated normal" else "RandomNormal"
    named = {"mean": shift} if shift else {}
    return Calling(f"keras.initializers.{name}", named={**named, "stddev": scale})


def _glorot(shape: tuple[int, ...]) -> float:
    """Return the bound of Glorot's uniform distribution for a kernel of this shape."""
    field = math.prod(shape[:-2])
    return math.sqrt(6 / (field * sum(shape[-2:]) or 1))
