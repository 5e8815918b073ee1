"""Pairs of many kinds, each small enough to be examined in a second or two."""

from typing import Any

from tests.checking.mutations.recipe import Part, Recipe, part


def dense(name: str, units: int, activation: str = "linear") -> Part:
    return part("dense", name, units=units, activation=activation)


def perceptron(
    name: str, inputs: int, units: tuple[int, int], activation: str, **options: Any
) -> Recipe:
    """A pair of one hidden layer."""
    net = (dense("hidden", units[0], activation), dense("out", units[1]))
    return Recipe(name, (inputs,), net, **options)


def _norm(name: str, momentum: float = 0.9) -> Part:
    return part("batch_norm", name, epsilon=1e-3, momentum=momentum)


def _pool(of: str = "max") -> Part:
    return part("pool", of=of, size=2, padding="valid")


def _block(name: str, filters: int, strides: int = 1) -> tuple[Part, ...]:
    """A residual block; with strides its shortcut is a projection."""
    inner = (
        part("conv", f"{name}_1", filters=filters, size=3, bias=False, strides=strides),
        _norm(f"{name}_norm_1"),
        part("activation", f"{name}_relu_1", of="relu"),
        part("conv", f"{name}_2", filters=filters, size=3, bias=False),
        _norm(f"{name}_norm_2"),
    )
    shortcut = part("conv", f"{name}_0", filters=filters, size=1, bias=False, strides=strides)
    branches = (inner,) if strides == 1 else (inner, (shortcut,))
    added = part("add", f"{name}_add", *branches, itself=strides == 1)
    return (added, part("activation", f"{name}_relu_2", of="relu"))


def resnet_20() -> Recipe:
    """The residual net of 20 layers that people train on images of 32 by 32."""
    blocks = [
        one
        for stage, filters in enumerate((16, 32, 64))
        for index in range(3)
        for one in _block(f"{'abc'[stage]}{index}", filters, 2 if stage and not index else 1)
    ]
    stem = (
        part("conv", "stem", filters=16, size=3, bias=False),
        _norm("stem_norm"),
        part("activation", "stem_relu", of="relu"),
    )
    end = (part("reduce", of="average"), dense("out", 10))
    return Recipe(
        "resnet-20",
        (32, 32, 3),
        (*stem, *blocks, *end),
        part("sparse"),
        part("momentum", learning_rate=0.1, momentum=0.9),
    )


def _looked_up(name: str, columns: int, ids: int, loss: str, *net: Part) -> Recipe:
    """A pair on ids, trained by gradient descent, which is the same on both sides there."""
    return Recipe(name, (columns,), net, part(loss), part("sgd", learning_rate=0.1), ids=ids)


ADAM = part("adam", learning_rate=0.01)

RECIPES: tuple[Recipe, ...] = (
    perceptron(
        "perceptron",
        6,
        (5, 3),
        "relu",
        optimizer=ADAM,
    ),
    Recipe(
        "penalized sigmoids",
        (6,),
        (
            dense("first", 5, "sigmoid"),
            dense("second", 5, "sigmoid"),
            dense("out", 3),
        ),
        part("sparse"),
        part("sgd", learning_rate=0.1),
        penalties={"first": 0.01, "second": 0.01},
    ),
    perceptron(
        "regression",
        5,
        (4, 1),
        "tanh",
        loss=part("mse"),
        optimizer=part("momentum", learning_rate=0.05, momentum=0.9),
    ),
    perceptron(
        "nesterov",
        5,
        (6, 2),
        "elu",
        loss=part("mae"),
        optimizer=part("momentum", learning_rate=0.05, momentum=0.8, use_nesterov=True),
    ),
    perceptron(
        "huber",
        5,
        (4, 1),
        "softplus",
        loss=part("huber", delta=0.5),
        optimizer=part("adagrad", learning_rate=0.1, initial_accumulator_value=0.1),
    ),
    perceptron(
        "smoothed labels",
        6,
        (5, 4),
        "relu",
        loss=part("softmax", smoothing=0.1),
        optimizer=part("adam", learning_rate=0.01, clip=part("global_clipnorm", limit=0.5)),
    ),
    Recipe(
        "autoencoder",
        (6,),
        (
            dense("encoder", 3, "sigmoid"),
            dense("decoder", 6),
        ),
        part("sigmoid"),
        part("rmsprop", learning_rate=0.01, decay=0.9, momentum=0.5, epsilon=1e-6),
    ),
    Recipe(
        "convolutions",
        (8, 8, 2),
        (
            part("conv", "c1", filters=3, size=3, activation="relu"),
            _pool(),
            part("conv", "c2", filters=4, size=3, activation="relu"),
            _pool("average"),
            part("flatten"),
            dense("out", 3),
        ),
        part("sparse"),
        ADAM,
    ),
    Recipe(
        "all convolutional",
        (7, 7, 2),
        (
            part("pad"),
            part("conv", "c1", filters=3, size=3, strides=2, padding="valid"),
            part("leaky_relu", "leaky", slope=0.2),
            part("conv", "c2", filters=4, size=3, dilation=2),
            part("leaky_relu", "leaky_2", slope=0.2),
            part("reduce", of="average"),
            dense("out", 3),
        ),
        optimizer=part("rmsprop", learning_rate=0.01, decay=0.9, epsilon=1e-3),
    ),
    Recipe(
        "batch norm",
        (6,),
        (
            part("dense", "hidden", units=5, bias=False),
            _norm("norm"),
            part("activation", "relu", of="relu"),
            dense("out", 3),
        ),
        optimizer=part("sgd", learning_rate=0.1),
    ),
    Recipe(
        "residual",
        (6, 6, 2),
        (
            part("conv", "stem", filters=4, size=3, bias=False),
            _norm("stem_norm"),
            part("activation", "stem_relu", of="relu"),
            *_block("a", 4),
            part("reduce", of="average"),
            dense("out", 3),
        ),
        part("sparse"),
        part("momentum", learning_rate=0.1, momentum=0.9),
        penalties={"stem": 1e-3, "a_1": 1e-3, "a_2": 1e-3, "out": 1e-3},
    ),
    _looked_up(
        "words",
        6,
        12,
        "softmax",
        part("embedding", "table", ids=12, width=4),
        part("conv", "c1", filters=5, size=3, activation="relu", padding="valid"),
        part("reduce", of="max"),
        dense("out", 2),
    ),
    _looked_up(
        "recommender",
        2,
        9,
        "mse",
        part(
            "multiply",
            "",
            (part("column", at=0), part("embedding", "users", ids=9, width=4)),
            (part("column", at=1), part("embedding", "items", ids=9, width=4)),
        ),
        dense("out", 1),
    ),
    Recipe(
        "branches",
        (6,),
        (
            part(
                "concat",
                "both",
                (dense("wide", 4, "relu"),),
                (
                    dense("deep_1", 5, "relu"),
                    dense("deep_2", 4, "relu"),
                ),
            ),
            dense("out", 3),
        ),
        part("softmax", weight=0.5),
        part("adam", learning_rate=0.01, beta1=0.5, epsilon=1e-4),
    ),
    _looked_up(
        "attention",
        5,
        11,
        "sparse",
        part("embedding", "table", ids=11, width=4),
        part("scale", "larger", by=2.0),
        part("add", "skip", (part("attention", "attend", width=4, divisor=2.0),)),
        part("layer_norm", "norm", epsilon=1e-6),
        part("reduce", of="average"),
        dense("out", 3),
    ),
    perceptron(
        "decaying rate",
        6,
        (5, 3),
        "relu",
        optimizer=part(
            "momentum",
            learning_rate=0.1,
            momentum=0.9,
            schedule=part("exponential", decay_steps=2, decay_rate=0.9, staircase=True),
        ),
    ),
    perceptron(
        "stepwise rate",
        6,
        (5, 3),
        "tanh",
        optimizer=part(
            "adam",
            learning_rate=0.01,
            schedule=part("piecewise", boundaries=(1000, 2000), values=(0.01, 0.001, 0.0001)),
        ),
    ),
    Recipe(
        "transfer",
        (6,),
        (*(dense(f"base_{n}", 6, "relu") for n in (1, 2)), dense("head", 3)),
        optimizer=ADAM,
        frozen=("base_1", "base_2"),
    ),
    Recipe(
        "dropout",
        (6,),
        (
            part("scale", "scaled", by=0.5),
            dense("hidden", 5, "relu"),
            part("dropout", "drop", rate=0.5),
            dense("out", 3),
        ),
        part("softmax"),
        part("adam", learning_rate=0.01, clip=part("clipvalue", limit=0.05)),
    ),
)
