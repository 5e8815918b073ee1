"""Costs of losses and penalties, which TensorFlow 1 added up in the order of its graph.

    model = TF1Model.of(model)
    model.compile("sgd", TF1Cost("loss + add_n(penalties)", TF1Loss("mean_squared_error")))

Keras adds its penalties up one by one, behind the loss. Which order it is changes the last bits of
the cost, and no gradient's.
"""

import ast
from collections.abc import Callable, Mapping
from functools import reduce
from operator import add
from typing import Any

import keras
import tensorflow as tf

from keras_models.exact.package import PACKAGE

Numbers = list[tf.Tensor]
SUMS: Mapping[str, Callable[[Numbers], tf.Tensor]] = {
    "sum": lambda numbers: reduce(add, numbers),
    "add_n": tf.add_n,
    "reduce_sum": tf.reduce_sum,
}
"""What adds up in a formula; `+` does as sum, from left to right."""


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
    """What a TF1Model loses, by a formula as "0.5 * loss + add_n(penalties)".

    It has numbers, `*`, `/`, `+`, sum, add_n and reduce_sum; `penalties` of the model's weights, in
    their order; and `loss`, or, of a model with several outputs, `loss_1`, `loss_2` and so on.
    Raises ValueError for anything else.
    """

    def __init__(self, formula: str, *losses: keras.losses.Loss, name: str | None = None) -> None:
        super().__init__(name=name)
        self.formula, self.losses = formula, losses

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, penalties: Numbers | None = None
    ) -> tf.Tensor:
        """Return the cost of a batch; `penalties` are what the model's weights cost."""
        if penalties is None and "penalties" in self.formula:
            raise ValueError(f"{self.formula!r}: expected a TF1Model, which has the penalties.")
        ends = [keras.tree.flatten(one) for one in (y_true, y_pred)]
        lost = [loss(*one, sample_weight) for loss, *one in zip(self.losses, *ends, strict=True)]
        names = ["loss"] if len(lost) == 1 else [f"loss_{n + 1}" for n in range(len(lost))]
        terms = {name: [one] for name, one in zip(names, lost, strict=True)}
        try:
            root = ast.parse(self.formula, mode="eval").body
            (cost,) = _numbers(root, {**terms, "penalties": penalties or []}, outermost=True)
        except (KeyError, SyntaxError, ValueError, TypeError) as error:
            raise ValueError(
                f"{self.formula!r}: expected a formula of {', '.join(names)} and penalties."
            ) from error
        return cost

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        losses = [keras.losses.serialize(one) for one in self.losses]
        return {"formula": self.formula, "losses": losses, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TF1Cost":
        """Return the cost of a config."""
        losses = [keras.losses.deserialize(one) for one in config["losses"]]
        return cls(config["formula"], *losses, name=config["name"])


@keras.saving.register_keras_serializable(package=PACKAGE)
class TF1Model(keras.Model):
    """`keras.Model` of inputs and outputs that is compiled with a TF1Cost."""

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
        return self.loss(y, y_pred, sample_weight, self.losses)


def _numbers(
    node: ast.expr, terms: Mapping[str, Numbers], outermost: bool = False
) -> list[tf.Tensor]:
    """Return what an expression stands for; several where it is `penalties`."""
    match node:
        case ast.Name(name):
            return terms[name]
        case ast.Constant(float() | int() as number):
            return [number]
        case ast.BinOp(left, ast.Mult() | ast.Div() as by, right):
            (one,), (other,) = _numbers(left, terms), _numbers(right, terms)
            return [one * other if isinstance(by, ast.Mult) else one / other]
        case ast.BinOp(left, ast.Add(), right):
            how, parts = "sum", [left, right]
        case ast.Call(ast.Name(how), parts):
            pass
        case _:
            raise ValueError(ast.dump(node))
    added = [one for part in parts for one in _numbers(part, terms)]
    if outermost and how == "sum" and len(added) > 1:
        # A session keeps the op that it is asked for; a function makes one of all that is added.
        *front, last = added
        added = [tf.ensure_shape(one, []) for one in (SUMS[how](front), last)]
    return [SUMS[how](added)]
