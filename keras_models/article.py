"""The article's model in Keras: one definition, two lanes.

    import keras_models
    model = keras_models.article.build("exact")        # bit-identical to the TensorFlow 1 graph
    model = keras_models.article.build("idiomatic")    # as a Keras user would write it
    model.fit(train_x, train_y, batch_size=len(train_x), epochs=1000, shuffle=False)

Its twin is `tf1_compat/article.py`. `tf1keras compare` trains both.
"""

from typing import Any, Literal, NamedTuple

import keras
import numpy as np

from keras_models import translation
from keras_models.costs import HalfSquaredError, TF1Penalty
from keras_models.exact import AddV2Dense, TF1Adam
from keras_models.tf1_optimizers import TF1GradientDescent
from tf1_compat.hyperparameters import LISTING, Cost, Hyperparameters, Optimizer

Lane = Literal["exact", "idiomatic"]


class Pieces(NamedTuple):
    """What a model is made of; where nothing is said, what TensorFlow 1's graph was made of."""

    dense: type[keras.layers.Dense] = AddV2Dense
    adam: type[keras.optimizers.Optimizer] = TF1Adam
    gradient_descent: type[keras.optimizers.Optimizer] = TF1GradientDescent
    squared_error: type[keras.losses.Loss] = HalfSquaredError
    penalty: type[keras.regularizers.Regularizer] = TF1Penalty
    epsilon: float = 1e-8
    """TensorFlow 1's; Keras' own default is 1e-7, which trains differently."""
    probabilities: bool = False
    """The model ends in probabilities and the loss is told so, where TensorFlow 1 had logits."""
    jit_compile: bool | Literal["auto"] = False
    """XLA fuses and reorders: no bits are promised under it."""


PIECES: dict[Lane, Pieces] = {
    "exact": Pieces(),
    "idiomatic": Pieces(
        keras.layers.Dense,
        keras.optimizers.Adam,
        keras.optimizers.SGD,
        keras.losses.MeanSquaredError,
        keras.regularizers.L1L2,
        jit_compile="auto",
    ),
}


def layer_names(hyper: Hyperparameters = LISTING) -> list[str]:
    """Return the layers' names, first to last: the listing's two, hidden_layer_2 and so on."""
    more = [f"hidden_layer_{number}" for number in range(2, len(hyper.layers))]
    hidden = ["hidden_layer", *more] if len(hyper.layers) > 1 else []
    return [*hidden, "output_layer"]


def weight_paths(hyper: Hyperparameters = LISTING) -> dict[str, str]:
    """Return the article's name -> the path of the Keras variable: W1 -> hidden_layer/kernel."""
    paths = [f"{layer}/{kind}" for layer in layer_names(hyper) for kind in ("kernel", "bias")]
    return dict(zip(hyper.names, paths, strict=True))


def saved_paths(hyper: Hyperparameters = LISTING) -> dict[str, str]:
    """Return the same by the names in TensorFlow 1's checkpoints: Variable, Variable_1, ..."""
    return dict(zip(hyper.variables, weight_paths(hyper).values(), strict=True))


def build(
    lane: Lane = "exact",
    seed: int | None = None,
    hyper: Hyperparameters = LISTING,
    dtype: str = "float32",
) -> keras.Model:
    """Return the article's model, compiled: [N, 784] float32 pixels -> [N, 10] float32 logits.

    Initial weights and biases are drawn from N(0, 1), as in the article, but by Keras' generator
    from `seed`: for TensorFlow 1's own numbers set them with `keras_models.trainees`. `hyper` says
    what is to be other than in the listing, `dtype` is as in `assemble`. Raises ValueError for an
    unknown lane, and for dropout in the exact one: TensorFlow 1's masks are other random numbers.
    """
    if lane not in PIECES:
        raise ValueError(f"unknown lane {lane!r}: expected one of {', '.join(PIECES)}")
    if lane == "exact" and hyper.dropout:
        raise ValueError(f"dropout {hyper.dropout}: expected 0 in the exact lane")
    return assemble(PIECES[lane], seed, dtype, f"article_{lane}", hyper)


def assemble(
    pieces: Pieces,
    seed: int | None = None,
    dtype: str = "float32",
    name: str = "article",
    hyper: Hyperparameters = LISTING,
) -> keras.Model:
    """Return the article's model made of `pieces`, compiled, computing in `dtype` throughout.

    `dtype` is float32, float64, or Keras' policy mixed_bfloat16: hidden layers in bfloat16, the
    weights, the last layer and the loss in float32.
    """
    seeds = keras.random.SeedGenerator(seed)
    kept = keras.DTypePolicy(dtype).variable_dtype

    X = keras.Input([hyper.widths[0]], dtype=kept, name="X")
    output_layer = X
    layers = zip(layer_names(hyper), hyper.widths[1:], strict=True)
    for number, (layer, units) in enumerate(layers):
        if number and hyper.dropout:
            own = None if seed is None else seed + number - 1  # or layers would share their masks
            output_layer = keras.layers.Dropout(hyper.dropout, seed=own)(output_layer)
        normal = keras.initializers.RandomNormal(mean=0.0, stddev=1.0, seed=seeds)
        # [N, inputs] @ [inputs, units] + [units] -> [N, units]
        output_layer = pieces.dense(
            units,
            activation="linear" if layer == "output_layer" else "relu",
            kernel_initializer=normal,
            bias_initializer=normal,
            kernel_regularizer=_penalty(pieces, hyper),
            dtype=kept if layer == "output_layer" else dtype,
            name=layer,
        )(output_layer)
    if pieces.probabilities:
        probabilities = keras.layers.Softmax(dtype=kept, name="softmax")(output_layer)
        # Keras finds the logits of a softmax that comes last, and uses them; not of one further up.
        output_layer = keras.layers.Reshape([hyper.widths[-1]], name="probabilities")(probabilities)

    model = keras.Model(X, output_layer, name=name)
    model.compile(
        optimizer=optimizer_of(pieces, hyper),
        **_cost(pieces, hyper, kept),
        metrics=["accuracy"],
        jit_compile=pieces.jit_compile,
    )
    return model


def _cost(pieces: Pieces, hyper: Hyperparameters, dtype: str) -> dict[str, Any]:
    """Return the loss as `compile` takes it."""
    if hyper.cost == "cross_entropy":
        logits = not pieces.probabilities
        return {"loss": keras.losses.CategoricalCrossentropy(from_logits=logits, dtype=dtype)}
    if pieces.squared_error is keras.losses.MeanSquaredError:
        # Keras' mean is over the outputs of a row, too, and without the article's half.
        return {"loss": pieces.squared_error(dtype=dtype), "loss_weights": hyper.widths[-1] / 2}
    return {"loss": pieces.squared_error(dtype=dtype)}


def _penalty(pieces: Pieces, hyper: Hyperparameters) -> keras.regularizers.Regularizer | None:
    if not (hyper.l1 or hyper.l2):
        return None
    if pieces.penalty is keras.regularizers.L1L2:
        return pieces.penalty(l1=hyper.l1, l2=hyper.l2 / 2)  # Keras has no half in its formula
    return pieces.penalty(l1=hyper.l1, l2=hyper.l2)


def optimizer_of(pieces: Pieces, hyper: Hyperparameters) -> keras.optimizers.Optimizer:
    """Return the optimizer that `hyper` asks for, one of `pieces`."""
    if hyper.optimizer == "gradient_descent":
        return pieces.gradient_descent(learning_rate=hyper.learning_rate)
    return pieces.adam(
        learning_rate=hyper.learning_rate, beta_1=0.9, beta_2=0.999, epsilon=pieces.epsilon
    )


def widths(model: keras.Model) -> tuple[int, ...] | None:
    """Return the widths of a model of Dense layers one after the other; None of any other."""
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    held = {id(weight) for layer in dense for weight in layer.weights}
    if not dense or any(id(weight) not in held for weight in model.trainable_weights):
        return None
    return (int(dense[0].kernel.shape[0]), *(layer.units for layer in dense))


def moving(model: keras.Model) -> dict[str, keras.Variable]:
    """Return every variable that training `model` depends on: weights, optimizer, random state.

    By paths, but for what Keras numbers by what else was made in the process.
    """
    found = {variable.path: variable for variable in model.weights}
    for variable in model.optimizer.variables:
        found[f"optimizer/{variable.path.partition('/')[2]}"] = variable
    known = {id(variable) for variable in (*model.metrics_variables, *found.values())}
    random = [variable for variable in model.variables if id(variable) not in known]
    return found | {f"random state {number}": one for number, one in enumerate(random)}


def hyperparameters(model: keras.Model) -> Hyperparameters:
    """Return what a compiled model was built with: the inverse of `build`, in either lane.

    Raises ValueError for a model that `build` does not make.
    """
    found = widths(model)
    if found is None:
        raise ValueError("expected Dense layers only")
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    dropout = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    rate = model.optimizer.get_config()["learning_rate"]
    rule = translation.rule(model.optimizer)
    if rule not in OPTIMIZERS or not isinstance(rate, float | int):
        raise ValueError(f"trained by {type(model.optimizer).__name__} at {rate}")
    l1, l2 = _l1_l2(dense[0].kernel_regularizer)
    if any(_l1_l2(layer.kernel_regularizer) != (l1, l2) for layer in dense):
        raise ValueError("the layers' penalties differ")
    return Hyperparameters(
        widths=found,
        cost=_cost_of(model),
        optimizer=OPTIMIZERS[rule],
        learning_rate=float(str(np.float32(rate))),  # the shortest decimal for what Keras keeps
        l1=l1,
        l2=l2,
        dropout=dropout[0] if dropout else 0.0,
    )


OPTIMIZERS: dict[str | None, Optimizer] = {"Adam": "adam", "GradientDescent": "gradient_descent"}
"""TensorFlow 1's update rule -> what the command line calls it."""


def _cost_of(model: keras.Model) -> Cost:
    loss, weights = model.loss, getattr(model._compile_loss, "_user_loss_weights", None)
    if isinstance(loss, HalfSquaredError):
        return "mse"
    if isinstance(loss, keras.losses.MeanSquaredError) and weights == model.output_shape[-1] / 2:
        return "mse"
    if isinstance(loss, keras.losses.CategoricalCrossentropy) and loss.from_logits:
        return "cross_entropy"
    raise ValueError(f"the loss is {loss}")


def _l1_l2(penalty: Any) -> tuple[float, float]:
    """Return l1 and l2, the latter in TensorFlow 1's sense, of a kernel's regularizer."""
    if penalty is None:
        return 0.0, 0.0
    if isinstance(penalty, TF1Penalty):
        return penalty.l1, penalty.l2
    if isinstance(penalty, keras.regularizers.L1L2):
        return float(penalty.l1), float(penalty.l2) * 2
    raise ValueError(f"a penalty is {type(penalty).__name__}")
