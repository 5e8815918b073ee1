"""Layers as Keras source: one row a kind."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from keras_models.writing.expressions import Calling, Name
from tf1_compat.network import Call, Layer
from tf1_compat.network.graph import shortest
from tf1_compat.network.values import REST

Options = Mapping[str, Any]


class Row(NamedTuple):
    """How a kind of layer is written."""

    name: str
    """In keras.layers."""
    positional: tuple[str, ...] = ()
    """Options without which there is no layer, in the order of its arguments."""
    defaults: Mapping[str, Any] = {}
    """The others, in the order in which they are written, where they are not so."""


DENSE: Options = {"activation": None, "use_bias": True}
WINDOW: Options = {"strides": 1, "padding": "valid", "dilation_rate": 1}
CONVOLVED: Options = {**WINDOW, "groups": 1, "activation": None, "use_bias": True}
DEPTHWISE: Options = {"depth_multiplier": 1, **CONVOLVED}
NORMALIZED: Options = {"momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True}
POOLED: Options = {"strides": None, "padding": "valid"}
KEPT: Options = {"keepdims": False}
RECURRENT: Options = {"activation": "tanh", "use_bias": True}
SEQUENCES: Options = dict.fromkeys(("return_sequences", "return_state", "go_backwards"), False)
EXACT = "keras_models.exact"
PIECES: dict[str, Row] = {
    "add_v2_dense": Row("AddV2Dense", ("units",), {**DENSE, "apart": True}),
    "bias_add_dense": Row("BiasAddDense", ("units",), DENSE),
    "add_v2_conv2d": Row("AddV2Conv2D", ("filters", "kernel_size"), {**CONVOLVED, "apart": True}),
    "bias_add_conv2d": Row("BiasAddConv2D", ("filters", "kernel_size"), CONVOLVED),
    "bias_add_separable_conv2d": Row(
        "BiasAddSeparableConv2D", ("filters", "kernel_size"), DEPTHWISE
    ),
    "tf1_batch_norm": Row("TF1BatchNorm", (), {**NORMALIZED, "rounded_momentum": False}),
    "tf1_fused_batch_norm": Row(
        "TF1FusedBatchNorm", (), {**NORMALIZED, "rounded_momentum": True, "switched": False}
    ),
    "tf1_dropout": Row("TF1Dropout", ("rate",), {"seed": None, "seed2": None}),
}
"""Kinds that `exact` gives layers."""
CELL = "cell"
"""What a cell is called within its layer."""
CELL_OF = {
    "lstm": Row("TF1LSTMCell", ("units",), {"activation": "tanh", "forget_bias": 1.0}),
    "gru": Row("TF1GRUCell", ("units",), {"activation": "tanh"}),
    "simple_rnn": Row("TF1RNNCell", ("units",), {"activation": "tanh"}),
}
CELLS = {f"tf1_{how}{kind}": cell for kind, cell in CELL_OF.items() for how in ("", "static_")}
"""Kind that `exact` gives a recurrent layer, in a loop or not -> its cell."""
ROWS: dict[str, Row] = {
    "dense": Row("Dense", ("units",), DENSE),
    "transposed_dense": Row("TransposedDense", ("tied_to",), DENSE),
    "added_weight": Row("AddedWeight", ("shape",)),
    "multiplied_weight": Row("MultipliedWeight", ("shape",)),
    "subtracted_weight": Row("SubtractedWeight", ("shape",)),
    "conv1d": Row("Conv1D", ("filters", "kernel_size"), CONVOLVED),
    "conv2d": Row("Conv2D", ("filters", "kernel_size"), CONVOLVED),
    "conv3d": Row("Conv3D", ("filters", "kernel_size"), CONVOLVED),
    "conv2d_transpose": Row("Conv2DTranspose", ("filters", "kernel_size"), CONVOLVED),
    "depthwise_conv2d": Row("DepthwiseConv2D", ("kernel_size",), DEPTHWISE),
    "separable_conv2d": Row("SeparableConv2D", ("filters", "kernel_size"), DEPTHWISE),
    **{
        f"{how}_pooling{rank}d": Row(f"{how.title()}Pooling{rank}D", ("pool_size",), POOLED)
        for how in ("max", "average")
        for rank in (1, 2, 3)
    },
    **{
        f"global_{how}_pooling{rank}d": Row(f"Global{how.title()}Pooling{rank}D", (), KEPT)
        for how in ("max", "average")
        for rank in (1, 2, 3)
    },
    **{f"zero_padding{rank}d": Row(f"ZeroPadding{rank}D", ("padding",)) for rank in (1, 2, 3)},
    "up_sampling2d": Row("UpSampling2D", ("size",)),
    "resize_bilinear": Row("TF1ResizeBilinear", ("size",), {"align_corners": False}),
    "local_response_normalization": Row(
        *("TF1LocalResponseNormalization", ()),
        {"depth_radius": 5, "bias": 1.0, "alpha": 1.0, "beta": 0.5},
    ),
    "flatten": Row("Flatten"),
    "reshape": Row("Reshape", ("target_shape",)),
    "permute": Row("Permute", ("dims",)),
    "activation": Row("Activation", ("activation",)),
    "softmax": Row("Softmax", (), {"axis": -1}),
    "leaky_relu": Row("LeakyReLU", ("negative_slope",)),
    "rescaling": Row("Rescaling", ("scale",), {"offset": 0.0}),
    "dropout": Row("Dropout", ("rate",)),
    "batch_normalization": Row("BatchNormalization", (), NORMALIZED),
    "layer_normalization": Row(
        *("LayerNormalization", ()), {"epsilon": 0.001, "center": True, "scale": True}
    ),
    "group_normalization": Row(
        *("GroupNormalization", ("groups",)), {"epsilon": 0.001, "center": True, "scale": True}
    ),
    "embedding": Row("Embedding", ("input_dim", "output_dim")),
    "lstm": Row("LSTM", ("units",), {**RECURRENT, "unit_forget_bias": True, **SEQUENCES}),
    "gru": Row("GRU", ("units",), {**RECURRENT, "reset_after": True, **SEQUENCES}),
    "simple_rnn": Row("SimpleRNN", ("units",), {**RECURRENT, **SEQUENCES}),
    "bidirectional": Row("Bidirectional", ("layer",), {"merge_mode": "concat"}),
    "concatenate": Row("Concatenate", (), {"axis": -1}),
    "add": Row("Add"),
    "multiply": Row("Multiply"),
    "subtract": Row("Subtract"),
    "maximum": Row("Maximum"),
    "minimum": Row("Minimum"),
    "dot": Row("Dot", ("axes",)),
    REST: Row("NotUnderstood"),
    **PIECES,
    **{f"tf1_{kind}": Row("RNN", ("cell",), SEQUENCES) for kind in CELL_OF},
    **{f"tf1_static_{kind}": Row("TF1StaticRNN", ("cell",), SEQUENCES) for kind in CELL_OF},
}
"""Kind, as `tf1_compat.network` calls it -> how it is written."""
OURS = {
    REST: "",  # of model.py itself
    "transposed_dense": "keras_models.tied",
    **dict.fromkeys(
        ("added_weight", "multiplied_weight", "subtracted_weight"), "keras_models.weights"
    ),
    **dict.fromkeys(("resize_bilinear", "local_response_normalization", *PIECES), EXACT),
    **{f"tf1_static_{kind}": EXACT for kind in CELL_OF},
}
"""Kind that Keras has no layer for -> the module that has."""
MERGES = ("concatenate", "add", "multiply", "subtract", "maximum", "minimum", "dot")
"""Kinds that take several tensors."""
SQUARES = ("kernel_size", "strides", "pool_size", "dilation_rate")
"""Options that people write as one number where both are the same."""


def pieces(calls: Iterable[Call]) -> dict[str, str]:
    """Return the layers that are called and not Keras' own -> the module of each."""
    layers = [call.layer for call in calls]
    every = {one.options.get("layer", one).kind for one in layers} | {one.kind for one in layers}
    cells = {CELLS[kind].name: EXACT for kind in every & {*CELLS}}
    return {ROWS[kind].name: OURS[kind] for kind in every if OURS.get(kind)} | cells


def argument(kind: str, role: str) -> str:
    """Return what a layer's arguments call one of its variables."""
    if kind == "separable_conv2d":
        return role.removesuffix("_kernel")
    return "depthwise" if (kind, role) == ("depthwise_conv2d", "kernel") else role


def of(one: Layer, arguments: Mapping[int, Options]) -> Calling:
    """Return a layer of a network; `arguments`, by its id, are initializers and regularizers."""
    options = one.options
    if within := options.get("layer"):
        options = {**options, "layer": of(within, arguments)}
    if one.kind in CELLS:
        options = {**options, "cell": _cell(CELLS[one.kind], options, arguments[id(one)])}
        return layer(one.kind, one.name, options, {})
    return layer(one.kind, one.name, options, arguments[id(one)])


def _cell(row: Row, options: Options, more: Options) -> Calling:
    named = {key: options[key] for key, usual in row.defaults.items() if options[key] != usual}
    named |= {**more, "name": CELL}
    return Calling(row.name, [options[key] for key in row.positional], named)


def layer(kind: str, name: Any, options: Options, more: Options) -> Calling:
    """Return a layer; `more` are initializers and regularizers, by argument."""
    row = ROWS[kind]
    given = plain(options)
    if given.get("strides") == given.get("pool_size"):
        given.pop("strides", None)
    positional = [given[key] for key in row.positional]
    if kind.startswith("max_pooling") and positional == [2]:
        positional = []
    named = {
        key: given[key] for key, usual in row.defaults.items() if given.get(key, usual) != usual
    }
    own = {key: one for key, one in more.items() if key != "**"}
    if (trainable := options.get("trainable", True)) is not True:
        own["trainable"] = trainable
    named = {**named, **own, **({"name": name} if name else {})}
    named |= {key: one for key, one in more.items() if key == "**"}
    return Calling(row.name if kind in OURS else f"keras.layers.{row.name}", positional, named)


def plain(options: Options) -> dict[str, Any]:
    """Return options as people write them."""
    return {key: _plain(key, value) for key, value in options.items()}


def _plain(key: str, value: Any) -> Any:
    if key == "scale" and isinstance(value, float):
        return _fraction(value)
    return _square(value) if key in SQUARES else value


def _fraction(scale: float) -> Any:
    """Return a number as what it is the reciprocal of, where that is shorter."""
    whole = round(1 / scale)
    return Name(f"1 / {whole}") if scale != shortest(scale) and scale == 1 / whole else scale


def _square(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len({*value}) == 1 else value
