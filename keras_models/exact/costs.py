"""Costs of losses and penalties, which TensorFlow 1 added up in the order of its graph.

    model = TF1Model.of(model)
    model.compile("sgd", TF1Cost("penalties + loss", TF1Loss("mean_squared_error")))

Keras adds its penalties up one by one, behind the loss. Which order it is changes the last bits of
the cost, and no gradient's.
"""

import ast
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE

Numbers = list[tf.Tensor]


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1L2(keras.regularizers.Regularizer):
    """scale * tf.nn.l2_loss(w), half of the squares: [...] -> []."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def __call__(self, x: Any) -> tf.Tensor:
        """Return the penalty of a weight."""
        half = tf.nn.l2_loss(tf.convert_to_tensor(x))
        return half if self.scale == 1 else self.scale * half

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return {"scale": self.scale}


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Cost(keras.losses.Loss):
    """What a TF1Model loses, by a formula such as "loss + 0.001 * sum(penalties)".

    `penalties` are those of the model's weights, in its order, or of the weights whose paths end as
    `order` says; `penalties[2:4]` are some of them. `loss` is the loss; of a model with several
    outputs there are `loss_1`, `loss_2` and so on. `+` and `sum` add up from left to right; there
    are numbers, `*`, `/` and TensorFlow's `reduce_sum` besides. Raises ValueError for any other
    formula, and for an `order` that does not name each penalty once.
    """

    def __init__(
        self,
        formula: str,
        *losses: keras.losses.Loss,
        order: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.formula, self.losses, self.order = formula, losses, order

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        penalties: Mapping[str, tf.Tensor] | None = None,
    ) -> tf.Tensor:
        """Return the cost of a batch; `penalties`: path of a weight -> what it costs."""
        if penalties is None and "penalties" in self.formula:
            raise ValueError(f"{self.formula!r}: expected a TF1Model, which has the penalties.")
        ends = [keras.tree.flatten(one) for one in (y_true, y_pred, sample_weight)]
        if len(ends[2]) == 1:  # as where there is none
            ends[2] *= len(self.losses)
        lost = [loss(*one) for loss, *one in zip(self.losses, *ends, strict=True)]
        names = ["loss"] if len(lost) == 1 else [f"loss_{n + 1}" for n in range(len(lost))]
        terms = {name: [one] for name, one in zip(names, lost, strict=True)}
        terms["penalties"] = self._in_order(penalties or {})
        try:
            (cost,) = _numbers(ast.parse(self.formula, mode="eval").body, terms)
        except (KeyError, SyntaxError, ValueError, TypeError) as error:
            raise ValueError(
                f"{self.formula!r}: expected a formula of {', '.join(names)} and penalties."
            ) from error
        return cost

    def _in_order(self, penalties: Mapping[str, tf.Tensor]) -> Numbers:
        if self.order is None:
            return [*penalties.values()]
        found = [
            [one for path, one in penalties.items() if f"/{path}".endswith(f"/{end}")]
            for end in self.order
        ]
        if [len(one) for one in found] != [1] * len(penalties):
            raise ValueError(f"order {self.order}: expected each of {', '.join(penalties)} once.")
        return [one for (one,) in found]

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        losses = [keras.losses.serialize(one) for one in self.losses]
        given = {"formula": self.formula, "losses": losses, "name": self.name}
        return given | {"order": self.order}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TF1Cost":
        """Return the cost of a config."""
        losses = [keras.losses.deserialize(one) for one in config["losses"]]
        return cls(config["formula"], *losses, order=config["order"], name=config["name"])


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Model(keras.Model):
    """`keras.Model` of inputs and outputs that knows TF1Cost as a loss, as well as others."""

    @classmethod
    def of(cls, model: keras.Model) -> "TF1Model":
        """Return a model of the layers of another one, Sequential or functional."""
        if isinstance(model, keras.Sequential):
            return cls(model.inputs[0], model.outputs[0])
        return cls(model.input, model.output)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tf.Tensor:
        """Return the cost of a batch, penalties included."""
        if not isinstance(self.loss, TF1Cost):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        penalized = (one for one in self.trainable_weights if one.regularizer is not None)
        penalties = {one.path: one.regularizer(one) for one in penalized}
        return self.loss(y, y_pred, sample_weight, penalties)


def _numbers(node: ast.expr, terms: Mapping[str, Numbers]) -> Numbers:
    """Return what an expression stands for; several where it is `penalties`."""
    match node:
        case ast.Name(name):
            return terms[name]
        case ast.Subscript(
            ast.Name(name), ast.Slice(ast.Constant(int(first)), ast.Constant(int(last)))
        ):
            return terms[name][first:last]
        case ast.Constant(float() | int() as number):
            return [number]
        case ast.BinOp(left, ast.Mult() | ast.Div() as by, right):
            (one,), (other,) = _numbers(left, terms), _numbers(right, terms)
            return [one * other if isinstance(by, ast.Mult) else one / other]
        case ast.BinOp(left, ast.Add(), right):
            return [_one_by_one([*_numbers(left, terms), *_numbers(right, terms)])]
        case ast.Call(ast.Name("sum" | "reduce_sum" as how), parts):
            added = [one for part in parts for one in _numbers(part, terms)]
            return [_one_by_one(added) if how == "sum" else tf.reduce_sum(added)]
    raise ValueError(ast.dump(node))


def _one_by_one(numbers: Numbers) -> tf.Tensor:
    """Return the sum from left to right, which Grappler would make one op of, in another order."""
    apart = [tf.ensure_shape(one, []) for one in numbers]
    return reduce(lambda before, one: tf.ensure_shape(before, []) + one, apart)
