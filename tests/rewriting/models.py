"""Random networks out of what `rewrite` reads, as a Keras model and as a TensorFlow 1 graph."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models import exact
from tests.rewriting.graphs import BUILDERS, variable

tf1, layers, ops = tf.compat.v1, keras.layers, keras.ops
FUSED = ("linear", "linear", "relu", "tanh", "sigmoid", "elu", "selu", "softplus", "relu6")
ALONE = ("relu", "tanh", "sigmoid", "silu", "gelu", "softmax", "log_softmax", "softsign")
KEEP = 0.75
Shape = tuple[int, ...]
"""Of a row."""


@dataclass(frozen=True)
class Both:
    """A tensor on both sides."""

    keras: Any
    graph: Any

    @property
    def shape(self) -> Shape:
        return tuple(self.keras.shape[1:])


@dataclass
class Drawing:
    """What has been drawn."""

    rng: np.random.Generator
    graph: tf.Graph = field(default_factory=tf.Graph)
    layers: list[keras.Layer] = field(default_factory=list)
    functions: int = 0

    def one(self, *of: Any) -> Any:
        """One of these."""
        return of[self.rng.integers(len(of))]

    def apply(self, layer: keras.Layer, *inputs: Both) -> Both:
        """A layer called on both sides, with weights of its own."""
        given = [one.keras for one in inputs]
        outputs = layer(given[0] if len(given) == 1 else given)
        if layer not in self.layers:
            self.layers.append(layer)
            for weight in layer.weights:
                drawn = self.rng.normal(0, 0.5, weight.shape)
                positive = weight.name in ("moving_variance", "gamma")
                weight.assign(np.abs(drawn) + 0.5 if positive else drawn)
        with self.graph.as_default():
            return Both(outputs, BUILDERS[type(layer)](layer, *(one.graph for one in inputs)))


def convolved(drawing: Drawing, x: Both) -> dict[str, Any]:
    """Arguments of a convolution."""
    one = drawing.one
    return {
        **{"padding": one("same", "valid"), "use_bias": one(True, True, False)},
        **{"activation": one(*FUSED), "name": f"conv_{len(drawing.layers)}"},
    }


def dense(drawing: Drawing, x: Both) -> keras.Layer:
    penalty = drawing.one(None, None, keras.regularizers.L2(0.01), keras.regularizers.L1(0.002))
    return layers.Dense(
        int(drawing.rng.integers(2, 7)),
        activation=drawing.one(*FUSED),
        use_bias=drawing.one(True, True, False),
        kernel_regularizer=penalty,
        name=f"dense_{len(drawing.layers)}",
    )


def dilated(drawing: Drawing, x: Both) -> keras.Layer:
    return layers.Conv2D(3, 2, dilation_rate=2, **convolved(drawing, x))


def strided(kind: Callable[..., keras.Layer], *sizes: Any) -> Callable[..., keras.Layer]:
    def draw(drawing: Drawing, x: Both) -> keras.Layer:
        return kind(*sizes, strides=drawing.one(1, 2), **convolved(drawing, x))

    return draw


def named(kind: Callable[..., keras.Layer], **options: Any) -> Callable[..., keras.Layer]:
    def draw(drawing: Drawing, x: Both) -> keras.Layer:
        return kind(**options, name=f"norm_{len(drawing.layers)}")

    return draw


def plain(*kinds: Callable[[], keras.Layer]) -> Iterator[Callable[..., keras.Layer]]:
    for kind in kinds:
        yield lambda drawing, x, kind=kind: kind()


def alone(drawing: Drawing, x: Both) -> keras.Layer | None:
    """An activation, where no layer before it takes it in."""
    before = getattr(drawing.layers[-1] if drawing.layers else None, "activation", None)
    if before is not None and before.__name__ == "linear":
        return None
    return layers.Activation(drawing.one(*ALONE))


def bent(drawing: Drawing, x: Both) -> keras.Layer:
    return layers.LeakyReLU(drawing.one(0.1, 0.2, 0.3))


def scaled(drawing: Drawing, x: Both) -> keras.Layer | None:
    if drawing.layers and isinstance(drawing.layers[-1], layers.Rescaling):
        return None
    return layers.Rescaling(drawing.one(0.5, 2.0, 1 / 255), drawing.one(0.0, -1.0))


ANY = (alone, bent, scaled, *plain(lambda: layers.Dropout(1 - KEEP)))
BY_RANK: dict[int, tuple[Callable[[Drawing, Both], keras.Layer | None], ...]] = {
    1: (
        *(dense, dense, dense, named(layers.LayerNormalization, epsilon=1e-6)),
        named(layers.BatchNormalization, momentum=0.9, epsilon=0.01),
    ),
    2: (
        *(dense, strided(layers.Conv1D, 4, 2), named(layers.LayerNormalization, epsilon=1e-5)),
        *plain(
            lambda: layers.MaxPooling1D(2, padding="same"),
            lambda: layers.AveragePooling1D(2, 1),
            lambda: layers.GlobalAveragePooling1D(),
            lambda: layers.GlobalMaxPooling1D(keepdims=True),
            lambda: layers.ZeroPadding1D((1, 2)),
            lambda: layers.Permute((2, 1)),
            lambda: layers.Flatten(),
        ),
    ),
    3: (
        *(strided(layers.Conv2D, 3, 3), strided(layers.Conv2D, 4, (1, 2)), dilated),
        *(strided(layers.DepthwiseConv2D, 2), strided(layers.SeparableConv2D, 3, 2)),
        *(strided(layers.Conv2DTranspose, 2, 3), strided(layers.Conv2DTranspose, 3, 2)),
        named(layers.BatchNormalization, momentum=0.9, epsilon=0.01),
        named(layers.GroupNormalization, groups=-1, epsilon=1e-5),
        named(layers.GroupNormalization, groups=1, epsilon=1e-5, center=False),
        *plain(
            lambda: layers.MaxPooling2D(),
            lambda: layers.MaxPooling2D(3, 1, "same"),
            lambda: layers.AveragePooling2D(2, padding="same"),
            lambda: layers.GlobalAveragePooling2D(),
            lambda: layers.GlobalMaxPooling2D(),
            lambda: layers.ZeroPadding2D(((0, 1), (2, 1))),
            lambda: layers.UpSampling2D((2, 1)),
            lambda: exact.TF1ResizeBilinear((7, 5)),
            lambda: exact.TF1LocalResponseNormalization(2, alpha=0.1, beta=0.75),
            lambda: layers.Flatten(),
        ),
    ),
    4: (
        strided(layers.Conv3D, 3, 2),
        *plain(lambda: layers.MaxPooling3D(2, padding="same"), lambda: layers.Flatten()),
    ),
}
"""Axes of a row -> what is drawn."""
LARGEST = 400
"""Numbers in a row, that tests are quick."""


def step(drawing: Drawing, x: Both) -> Both:
    """One more layer, where one that was drawn fits."""
    draw = drawing.one(*ANY, *BY_RANK[len(x.shape)], *BY_RANK[len(x.shape)])
    layer = draw(drawing, x)
    if layer is None or np.prod(x.shape) > LARGEST:
        return x
    smallest = min(x.shape[:-1], default=9)
    if smallest < 4 and getattr(layer, "padding", "same") == "valid":
        return x
    return drawing.apply(layer, x)


def branches(drawing: Drawing, x: Both) -> Both:
    """Two ways that meet."""
    if len(x.shape) > 2:
        how = {"padding": "same", "activation": "relu"}
        ways = [layers.Conv2D(x.shape[-1], 3, name=f"way_{drawing.functions}", **how)]
        if len(x.shape) > 3:
            return x
    else:
        ways = [layers.Dense(x.shape[-1], "tanh", name=f"way_{drawing.functions}")]
    drawing.functions += 1
    merge = drawing.one(
        *(layers.Add, layers.Multiply, layers.Subtract, layers.Maximum, layers.Minimum),
        layers.Concatenate,
    )
    if drawing.layers and isinstance(drawing.layers[-1], layers.Rescaling):
        return x  # a negative one takes the subtraction in
    inner = drawing.apply(ways[0], x)
    if drawing.one(True, False):
        inner = drawing.apply(ways[0], inner)  # a layer that is called twice
    return drawing.apply(merge(), inner, x)


def complement(x: Any) -> Any:
    """1 - x^2, squared: between squares nothing is taken in by a scale beside it."""
    return tf.square(1.0 - tf.square(x))


FUNCTIONS: tuple[tuple[int, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    (1, ops.square, tf.square),
    (1, lambda x: ops.square(ops.subtract(1.0, ops.square(x))), complement),
    (1, lambda x: ops.normalize(x, epsilon=1e-6), lambda x: tf.nn.l2_normalize(x, -1)),
    (1, lambda x: x[:, 1:], lambda x: x[:, 1:]),
    (2, lambda x: x[:, -1], lambda x: x[:, -1]),
    (2, lambda x: ops.mean(x, axis=2), lambda x: tf.reduce_mean(x, 2)),
    (2, lambda x: ops.sum(x, axis=1), lambda x: tf.reduce_sum(x, 1)),
    (2, lambda x: ops.max(x, axis=-1), lambda x: tf.reduce_max(x, -1)),
    (3, lambda x: x[:, :, 0], lambda x: x[:, :, 0]),
    (3, lambda x: ops.sqrt(ops.absolute(x)), lambda x: tf.sqrt(tf.abs(x))),
    (4, lambda x: ops.min(x, axis=1), lambda x: tf.reduce_min(x, 1)),
)
"""Axes of a row, and a function of both sides."""


def function(drawing: Drawing, x: Both) -> Both:
    fitting = [both for rank, *both in FUNCTIONS if rank == len(x.shape)]
    ours, theirs = fitting[drawing.rng.integers(len(fitting))]
    outputs = ours(x.keras)
    with drawing.graph.as_default():
        return Both(outputs, theirs(x.graph))


INPUTS: tuple[tuple[Shape, str], ...] = (
    *(((6,), "float32"), ((5, 4), "float32"), ((6, 6, 2), "float32"), ((6, 6, 2), "float32")),
    *(((4, 4, 4, 1), "float32"), ((5,), "int32")),
)
WORDS, CLASSES, ROWS = 7, 3, 8


def penalties(drawn: list[keras.Layer]) -> Iterator[Any]:
    """What the cost has beside its loss, as TensorFlow 1 code wrote it."""
    for layer in drawn:
        penalty = getattr(layer, "kernel_regularizer", None)
        if isinstance(penalty, keras.regularizers.L2):
            yield 2 * float(f"{penalty.l2:.6g}") * tf.nn.l2_loss(variable(layer, "kernel"))
        elif isinstance(penalty, keras.regularizers.L1):
            l1 = float(f"{penalty.l1:.6g}")
            yield l1 * tf.reduce_sum(tf.abs(variable(layer, "kernel")))


def entropy(p: Any, y: Any) -> Any:
    return -tf.reduce_mean(tf.reduce_sum(y * tf.math.log(p), 1))


of_logits, mean = {"from_logits": True}, tf.reduce_mean
LOSSES: tuple[tuple[str, keras.losses.Loss, Callable[[Any, Any], Any]], ...] = (
    ("numbers", keras.losses.MeanSquaredError(), lambda z, y: mean(tf.square(z - y))),
    ("numbers", keras.losses.MeanAbsoluteError(), lambda z, y: mean(tf.abs(y - z))),
    ("numbers", keras.losses.Huber(0.5), lambda z, y: tf1.losses.huber_loss(y, z, delta=0.5)),
    (
        "classes",
        keras.losses.CategoricalCrossentropy(**of_logits),
        lambda z, y: mean(tf.nn.softmax_cross_entropy_with_logits(y, z)),
    ),
    (
        "classes",
        keras.losses.CategoricalCrossentropy(label_smoothing=0.1, **of_logits),
        lambda z, y: tf1.losses.softmax_cross_entropy(y, z, label_smoothing=0.1),
    ),
    (
        "ids",
        keras.losses.SparseCategoricalCrossentropy(**of_logits),
        lambda z, y: mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, z)),
    ),
    (
        "bits",
        keras.losses.BinaryCrossentropy(**of_logits),
        lambda z, y: mean(tf.nn.sigmoid_cross_entropy_with_logits(y, z)),
    ),
    (
        "classes",
        exact.TF1CategoricalCrossentropy(clip=(1e-10, 1.0)),
        lambda z, y: entropy(tf.clip_by_value(z, 1e-10, 1.0), y),
    ),
)
"""What labels are, and a loss on both sides."""


def labels(kind: str, rng: np.random.Generator) -> np.ndarray:
    ids = rng.integers(0, CLASSES, ROWS).astype("int32")
    numbers = rng.normal(size=(ROWS, CLASSES)).astype("float32")
    classes, bits = np.eye(CLASSES, dtype="float32")[ids], (numbers > 0).astype("float32")
    return {"ids": ids, "numbers": numbers, "classes": classes, "bits": bits}[kind]


@dataclass(frozen=True)
class Drawn:
    """A network, on both sides, with a batch."""

    model: keras.Model
    graph: tf.Graph
    outputs: Any
    cost: Any
    batch: tuple[np.ndarray, np.ndarray]

    @property
    def made(self) -> list[Any]:
        """Its layers and functions."""
        return list(self.model.operations)

    @property
    def feeds(self) -> dict[str, tuple[float, float]]:
        """What numbers are fed besides."""
        names = [op.name for op in self.graph.get_operations() if op.name.startswith("keep_")]
        return {name: (KEEP, 1.0) for name in names if "/" not in name}


def draw(seed: int) -> Drawn:
    """Draw a network; the same for the same seed."""
    rng = np.random.default_rng(seed)
    drawing = Drawing(rng)
    shape, dtype = drawing.one(*INPUTS)
    given = keras.Input(shape, dtype=dtype)
    kind, loss, cost = drawing.one(*LOSSES)
    with drawing.graph.as_default():
        x = Both(given, tf1.placeholder(dtype, [None, *shape], "x"))
    if dtype == "int32":
        x = drawing.apply(layers.Embedding(WORDS, 3, name="words"), x)
    for _ in range(rng.integers(1, 6)):
        more = drawing.one(step, step, step, branches, function)
        x = more(drawing, x)
    if len(x.shape) > 1:
        x = drawing.apply(layers.Flatten(), x)
    last = "softmax" if isinstance(loss, exact.TF1CategoricalCrossentropy) else None
    x = drawing.apply(layers.Dense(CLASSES, last, name="outputs"), x)
    model = keras.Model(given, x.keras)
    model.compile(keras.optimizers.SGD(0.1), loss)
    numbers = rng.normal(size=(ROWS, *shape))
    if dtype == "int32":
        numbers = rng.integers(0, WORDS, (ROWS, *shape))
    y = labels(kind, rng)
    with drawing.graph.as_default():
        total = cost(x.graph, tf1.placeholder(y.dtype, [None, *y.shape[1:]], "y"))
        for penalty in penalties(drawing.layers):
            total += penalty
        with tf.control_dependencies(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)):
            tf1.train.GradientDescentOptimizer(0.1).minimize(total)
    return Drawn(model, drawing.graph, x.graph, total, (numbers.astype(dtype), y))
