"""Layers as Keras source: one row a kind."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from keras_models.writing.expressions import Calling

Options = Mapping[str, Any]


class Row(NamedTuple):
    """How a kind of layer is written."""

    name: str
    """In keras.layers."""
    positional: tuple[str, ...] = ()
    """Options without which there is no layer, in the order of its arguments."""
    defaults: Mapping[str, Any] = {}
    """The others, in the order in which they are written, where they are not so."""


WINDOW: Options = {"strides": 1, "padding": "valid", "dilation_rate": 1}
CONVOLVED: Options = {**WINDOW, "activation": None, "use_bias": True}
ROWS: dict[str, Row] = {
    "dense": Row("Dense", ("units",), {"activation": None, "use_bias": True}),
    "transposed_dense": Row(
        *("TransposedDense", ("tied_to",)), {"activation": None, "use_bias": True}
    ),
    "conv1d": Row("Conv1D", ("filters", "kernel_size"), CONVOLVED),
    "conv2d": Row("Conv2D", ("filters", "kernel_size"), CONVOLVED),
    "depthwise_conv2d": Row(
        *("DepthwiseConv2D", ("kernel_size",)),
        {"depth_multiplier": 1, **CONVOLVED},
    ),
    "max_pooling2d": Row("MaxPooling2D", ("pool_size",), {"strides": None, "padding": "valid"}),
    "average_pooling2d": Row(
        "AveragePooling2D", ("pool_size",), {"strides": None, "padding": "valid"}
    ),
    "global_average_pooling1d": Row("GlobalAveragePooling1D", (), {"keepdims": False}),
    "global_average_pooling2d": Row("GlobalAveragePooling2D", (), {"keepdims": False}),
    "global_max_pooling1d": Row("GlobalMaxPooling1D", (), {"keepdims": False}),
    "global_max_pooling2d": Row("GlobalMaxPooling2D", (), {"keepdims": False}),
    "zero_padding2d": Row("ZeroPadding2D", ("padding",)),
    "flatten": Row("Flatten"),
    "reshape": Row("Reshape", ("target_shape",)),
    "activation": Row("Activation", ("activation",)),
    "dropout": Row("Dropout", ("rate",)),
    "batch_normalization": Row(
        *("BatchNormalization", ()),
        {"momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True},
    ),
    "embedding": Row("Embedding", ("input_dim", "output_dim")),
    "concatenate": Row("Concatenate", (), {"axis": -1}),
    "add": Row("Add"),
}
"""Kind, as `tf1_compat.network` calls it -> how it is written."""
OURS = {"transposed_dense": "keras_models.tied"}
"""Kind that Keras has no layer for -> the module that has."""
SQUARES = ("kernel_size", "strides", "pool_size", "dilation_rate")
"""Options that people write as one number where both are the same."""


def pieces(kinds: Iterable[str]) -> dict[str, str]:
    """Return the layers among `kinds` that are not Keras' own -> the module of each."""
    return {ROWS[kind].name: OURS[kind] for kind in kinds if kind in OURS}


def layer(kind: str, name: str | None, options: Options, more: Options) -> Calling:
    """Return a layer; `more` are initializers and regularizers, by argument."""
    row = ROWS[kind]
    given = {key: _square(value) if key in SQUARES else value for key, value in options.items()}
    if given.get("strides") == given.get("pool_size"):
        given.pop("strides", None)
    positional = [given[key] for key in row.positional]
    if row.positional == ("pool_size",) and positional == [2]:
        positional = []
    named = {
        key: given[key] for key, usual in row.defaults.items() if given.get(key, usual) != usual
    }
    own = {key: one for key, one in more.items() if key != "**"}
    named = {**named, **own, **({"name": name} if name else {}), **more}
    return Calling(row.name if kind in OURS else f"keras.layers.{row.name}", positional, named)


def _square(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len({*value}) == 1 else value
