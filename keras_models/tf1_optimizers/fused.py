"""What the optimizers of this folder share: one fused op a variable, dense or for rows alone."""

from collections.abc import Mapping
from typing import Any, ClassVar

import tensorflow as tf

from keras_models.exact import TF1Optimizer


class FusedOptimizer(TF1Optimizer):
    """An optimizer whose op also comes as one for the rows that a batch looks up."""

    leaves_rows = True

    def _fused(
        self, update: str, inputs: Mapping[str, Any], dtype: tf.DType, **numbers: float
    ) -> None:
        """Call the op ResourceApply`update`, or ResourceSparseApply`update` on rows.

        `inputs` are passed on as they are; `numbers` become scalars of `dtype`, as TensorFlow 1
        rounded them.
        """
        kind = "ResourceSparseApply" if "indices" in inputs else "ResourceApply"
        scalars = {name: self._as_tf1(value, dtype) for name, value in numbers.items()}
        getattr(tf.raw_ops, kind + update)(**inputs, **scalars)


class Shrinking(FusedOptimizer):
    """One whose penalties, of these strengths, make weights smaller, or zero."""

    hyperparameters: ClassVar[tuple[str, ...]] = (
        "l1_regularization_strength",
        "l2_regularization_strength",
    )

    def __init__(
        self,
        learning_rate: Any,
        name: str,
        *,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, name=name, **options)
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength

    @property
    def _strengths(self) -> dict[str, float]:
        return {"l1": self.l1_regularization_strength, "l2": self.l2_regularization_strength}
