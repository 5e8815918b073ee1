"""A recipe as a TensorFlow 1 graph, as people wrote it."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tests.checking.mutations.recipe import Net, Part, Recipe

tf1 = tf.compat.v1
FUNCTIONS: dict[str, Callable] = {
    "linear": tf.identity,
    "relu": tf.nn.relu,
    "sigmoid": tf.sigmoid,
    "tanh": tf.tanh,
    "elu": tf.nn.elu,
    "relu6": tf.nn.relu6,
    "softplus": tf.nn.softplus,
    "selu": tf.nn.selu,
}


def builder(recipe: Recipe) -> Callable[[], dict[str, Any]]:
    """Return what builds the recipe's graph in the default graph."""

    def tf1_graph() -> dict[str, Any]:
        dtype = tf.float32 if recipe.ids is None else tf.int32
        x = tf1.placeholder(dtype, [None, *recipe.shape])
        outputs = _net(x, recipe.net)
        y, cost = _cost(recipe.loss, outputs)
        variables = {v.op.name: v for v in tf1.trainable_variables()}
        for name, strength in recipe.penalties.items():
            cost += 2 * strength * tf.nn.l2_loss(variables[f"{name}/kernel"])
        frozen = tuple(f"{name}/" for name in recipe.frozen)
        trained = [v for name, v in variables.items() if not name.startswith(frozen or ("-",))]
        with tf.control_dependencies(tf1.get_collection(tf1.GraphKeys.UPDATE_OPS)):
            train_op = _update(recipe.optimizer, cost, trained)
        return {"x": x, "y": y, "cost": cost, "train_op": train_op, "logits": outputs}

    return tf1_graph


def _net(x: tf.Tensor, net: Net) -> tf.Tensor:
    for one in net:
        x = PARTS[one.kind](x, one)
    return x


def _variable(name: str, shape: list[int], start: Any = None, **options: Any) -> Any:
    return tf1.get_variable(name, shape, initializer=start, **options)


def _finished(x: tf.Tensor, one: Part, units: int) -> tf.Tensor:
    if one.options.get("bias", True):
        x += _variable(f"{one.name}/bias", [units], tf1.zeros_initializer())
    return FUNCTIONS[one.options.get("activation", "linear")](x)


def _dense(x: tf.Tensor, one: Part) -> tf.Tensor:
    units = one.options["units"]
    kernel = _variable(f"{one.name}/kernel", [x.shape[-1], units])
    product = tf.matmul(x, kernel) if len(x.shape) == 2 else tf.tensordot(x, kernel, 1)
    return _finished(product, one, units)


def _conv(x: tf.Tensor, one: Part) -> tf.Tensor:
    size, filters = one.options["size"], one.options["filters"]
    dims = len(x.shape) - 2
    kernel = _variable(f"{one.name}/kernel", [*[size] * dims, x.shape[-1], filters])
    x = tf.nn.convolution(
        x,
        kernel,
        strides=[one.options.get("strides", 1)] * dims,
        padding=one.options.get("padding", "same").upper(),
        dilations=[one.options.get("dilation", 1)] * dims,
    )
    return _finished(x, one, filters)


def _pool(x: tf.Tensor, one: Part) -> tf.Tensor:
    operation = {"max": tf.nn.max_pool2d, "average": tf.nn.avg_pool2d}[one.options["of"]]
    return operation(x, one.options["size"], one.options["size"], one.options["padding"].upper())


def _reduced(x: tf.Tensor, one: Part) -> tf.Tensor:
    operation = {"max": tf.reduce_max, "average": tf.reduce_mean}[one.options["of"]]
    return operation(x, list(range(1, len(x.shape) - 1)))


def _batch_norm(x: tf.Tensor, one: Part) -> tf.Tensor:
    units, epsilon = x.shape[-1], one.options["epsilon"]
    gamma = _variable(f"{one.name}/gamma", [units], tf1.ones_initializer())
    beta = _variable(f"{one.name}/beta", [units], tf1.zeros_initializer())
    kept = [
        _variable(f"{one.name}/moving_mean", [units], tf1.zeros_initializer(), trainable=False),
        _variable(f"{one.name}/moving_variance", [units], tf1.ones_initializer(), trainable=False),
    ]
    mean, variance = tf.nn.moments(x, list(range(len(x.shape) - 1)))
    for average, now in zip(kept, (mean, variance), strict=True):
        moved = tf1.assign(average, average - (average - now) * (1 - one.options["momentum"]))
        tf1.add_to_collection(tf1.GraphKeys.UPDATE_OPS, moved)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, epsilon)


def _layer_norm(x: tf.Tensor, one: Part) -> tf.Tensor:
    gamma = _variable(f"{one.name}/gamma", [x.shape[-1]], tf1.ones_initializer())
    beta = _variable(f"{one.name}/beta", [x.shape[-1]], tf1.zeros_initializer())
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, one.options["epsilon"])


def _attention(x: tf.Tensor, one: Part) -> tf.Tensor:
    width = one.options["width"]
    query, key, value = (
        tf.tensordot(x, _variable(f"{one.name}_{of}/kernel", [x.shape[-1], width]), 1)
        for of in ("query", "key", "value")
    )
    scores = tf.matmul(query, key, transpose_b=True) / one.options["divisor"]
    return tf.matmul(tf.nn.softmax(scores), value)


def _dropout(x: tf.Tensor, one: Part) -> tf.Tensor:
    return tf1.nn.dropout(x, rate=one.options["rate"])


def _added(x: tf.Tensor, one: Part) -> tf.Tensor:
    itself = [x] if one.options.get("itself", True) else []
    return tf.add_n([*itself, *(_net(x, net) for net in one.inner)])


PARTS: dict[str, Callable[[tf.Tensor, Part], tf.Tensor]] = {
    "dense": _dense,
    "conv": _conv,
    "pool": _pool,
    "reduce": _reduced,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "attention": _attention,
    "dropout": _dropout,
    "add": _added,
    "concat": lambda x, one: tf.concat([_net(x, net) for net in one.inner], -1),
    "multiply": lambda x, one: tf.multiply(*(_net(x, net) for net in one.inner)),
    "flatten": lambda x, one: tf.reshape(x, [-1, tf.TensorShape(x.shape[1:]).num_elements()]),
    "activation": lambda x, one: FUNCTIONS[one.options["of"]](x),
    "leaky_relu": lambda x, one: tf.nn.leaky_relu(x, one.options["slope"]),
    "scale": lambda x, one: x * one.options["by"],
    "pad": lambda x, one: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]),
    "column": lambda x, one: x[:, one.options["at"]],
    "embedding": lambda x, one: tf.nn.embedding_lookup(
        _variable(f"{one.name}/embeddings", [one.options["ids"], one.options["width"]]), x
    ),
}


def _cost(loss: Part, outputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    shape = [None, *outputs.shape[1:]]
    if loss.kind == "sparse":
        y = tf1.placeholder(tf.int32, [None])
    else:
        y = tf1.placeholder(tf.float32, shape)
    each = {
        "softmax": lambda: tf.nn.softmax_cross_entropy_with_logits(
            labels=_smoothed(y, loss), logits=outputs
        ),
        "sparse": lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=outputs),
        "sigmoid": lambda: tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=outputs),
        "mse": lambda: tf.square(y - outputs),
        "mae": lambda: tf.abs(y - outputs),
        "huber": lambda: tf1.losses.huber_loss(
            y, outputs, delta=loss.options["delta"], reduction=tf1.losses.Reduction.NONE
        ),
    }[loss.kind]()
    reduce = tf.reduce_sum if loss.options.get("sum") else tf.reduce_mean
    return y, reduce(each) * loss.options.get("weight", 1.0)


def _smoothed(y: tf.Tensor, loss: Part) -> tf.Tensor:
    smoothing = loss.options.get("smoothing", 0.0)
    return y * (1 - smoothing) + smoothing / y.shape[-1] if smoothing else y


def _rate(schedule: Part | None, rate: float, step: Any) -> Any:
    if schedule is None:
        return rate
    if schedule.kind == "exponential":
        return tf1.train.exponential_decay(rate, step, **schedule.options)
    if schedule.kind == "inverse_time":
        return tf1.train.inverse_time_decay(rate, step, **schedule.options)
    if schedule.kind == "polynomial":
        return tf1.train.polynomial_decay(rate, step, **schedule.options)
    boundaries, values = schedule.options["boundaries"], schedule.options["values"]
    return tf1.train.piecewise_constant(step, list(boundaries), list(values))


def _update(one: Part, cost: tf.Tensor, variables: list) -> tf.Operation:
    options = dict(one.options)
    clip, schedule = options.pop("clip", None), options.pop("schedule", None)
    step = tf1.train.get_or_create_global_step() if schedule else None
    rate = _rate(schedule, options.pop("learning_rate"), step)
    optimizer = {
        "sgd": tf1.train.GradientDescentOptimizer,
        "momentum": tf1.train.MomentumOptimizer,
        "adam": tf1.train.AdamOptimizer,
        "rmsprop": tf1.train.RMSPropOptimizer,
        "adagrad": tf1.train.AdagradOptimizer,
        "adadelta": tf1.train.AdadeltaOptimizer,
        "ftrl": tf1.train.FtrlOptimizer,
        "ftrl_of_rows": tf1.train.FtrlOptimizer,
        "proximal_adagrad": tf1.train.ProximalAdagradOptimizer,
        "proximal_sgd": tf1.train.ProximalGradientDescentOptimizer,
    }[one.kind](rate, **options)
    pairs = optimizer.compute_gradients(cost, variables)
    if clip:
        pairs = _clipped(clip, pairs)
    return optimizer.apply_gradients(pairs, step)


def _clipped(clip: Part, pairs: list) -> list:
    gradients, variables = zip(*pairs, strict=True)
    limit = clip.options["limit"]
    if clip.kind == "global_clipnorm":
        gradients = tf.clip_by_global_norm(gradients, limit)[0]
    elif clip.kind == "clipnorm":
        gradients = [tf.clip_by_norm(gradient, limit) for gradient in gradients]
    else:
        gradients = [tf.clip_by_value(gradient, -limit, limit) for gradient in gradients]
    return list(zip(gradients, variables, strict=True))
