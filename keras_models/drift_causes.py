"""Why a Keras rewrite drifts: the exact model with one cause switched on, and with all of them.

    model = article.assemble(CAUSES["bias_add"].pieces)

`tf1keras ablate` trains them against the TensorFlow 1 graph;
`docs/understand/why-keras-drifts.md` explains them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_models import article
from keras_models.article import Pieces
from keras_models.exact import TF1Adam
from keras_models.trainees.compiled import KerasTrainee

KERAS_EPSILON = 1e-7
"""The default of `keras.optimizers.Adam`."""
BATCH_SIZE = 128
"""Rows of a mini-batch; `model.fit` takes 32 where it is told nothing, and shuffles."""


class UnfusedAdam(TF1Adam):
    """`TF1Adam` in the separate elementwise ops that Keras' `Adam` is made of."""

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Any) -> None:
        """Apply one Adam update to `variable`, op by op, with TensorFlow 1's float32 scalars."""
        dtype = variable.dtype
        index = self._get_variable_index(variable)
        m, v = (self.slot_variables[slot][index].value for slot in ("m", "v"))
        gradient = tf.cast(gradient, dtype)
        lr, epsilon = self._as_tf1(learning_rate, dtype), self._as_tf1(self.epsilon, dtype)
        beta1_power, beta2_power = self.powers(dtype)
        alpha = lr * tf.sqrt(1 - beta2_power) / (1 - beta1_power)
        m.assign_add((gradient - m) * self.complement(self.beta_1, dtype))
        v.assign_add((tf.square(gradient) - v) * self.complement(self.beta_2, dtype))
        variable.assign_sub(m * alpha / (tf.sqrt(v) + epsilon))

    def complement(self, beta: float, dtype: tf.DType) -> tf.Tensor:
        """Return 1 - beta as ApplyAdam computes it: from the float32 beta, in `dtype`."""
        return 1 - self._as_tf1(beta, dtype)

    def powers(self, dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
        """Return beta_1^t and beta_2^t in `dtype`: running float32 products."""
        return self._as_tf1(self.beta1_power, dtype), self._as_tf1(self.beta2_power, dtype)


class Float64ComplementAdam(UnfusedAdam):
    """`UnfusedAdam` with 1 - beta taken in Python's float64, as in Keras' `Adam`.

    There is no fused one: the kernel ApplyAdam takes beta and subtracts for itself.
    """

    def complement(self, beta: float, dtype: tf.DType) -> tf.Tensor:
        """Return 1 - beta, rounded to `dtype` after the subtraction."""
        return tf.constant(1 - beta, dtype)


class PowAdam(UnfusedAdam):
    """`UnfusedAdam` with beta^t by `pow`, in the dtype of the variable, as in Keras' `Adam`.

    The betas stay TensorFlow 1's float32 ones: what differs is the power and nothing else.
    """

    def powers(self, dtype: tf.DType) -> tuple[tf.Tensor, tf.Tensor]:
        """Return beta_1^t and beta_2^t in `dtype`."""
        t = tf.cast(self.iterations + 1, dtype)
        beta_1, beta_2 = self._as_tf1(self.beta_1, dtype), self._as_tf1(self.beta_2, dtype)
        return tf.pow(beta_1, t), tf.pow(beta_2, t)


class Variant(NamedTuple):
    """A way to train the article's model; where nothing is said, the exact one."""

    pieces: Pieces = Pieces()
    dtype: str = "float32"
    glorot: bool = False
    """Kernels from Keras' default initializer, biases 0, where the article has N(0, 1)."""
    batch_size: int | None = None
    """Shuffled mini-batches of so many rows in every epoch; None: the full batch, in order."""
    loss_after_update: bool = False
    """The loss is read one update late."""
    onednn: bool = True


CAUSES: dict[str, Variant] = {
    "epsilon": Variant(Pieces(epsilon=KERAS_EPSILON)),
    "one_minus_beta": Variant(Pieces(adam=Float64ComplementAdam)),
    "beta_powers": Variant(Pieces(adam=PowAdam)),
    "adam_unfused": Variant(Pieces(adam=UnfusedAdam)),
    "bias_add": Variant(Pieces(dense=keras.layers.Dense)),
    "probabilities": Variant(Pieces(probabilities=True)),
    "jit_compile": Variant(Pieces(jit_compile=True)),
    "onednn_off": Variant(onednn=False),
    "float64": Variant(dtype="float64"),
    "glorot": Variant(glorot=True),
    "mini_batches": Variant(batch_size=BATCH_SIZE),
    "late_loss": Variant(loss_after_update=True),
    "all": Variant(
        Pieces(
            dense=keras.layers.Dense,
            adam=keras.optimizers.Adam,
            epsilon=KERAS_EPSILON,
            probabilities=True,
            jit_compile=True,
        ),
        glorot=True,
        batch_size=BATCH_SIZE,
        loss_after_update=True,
        onednn=False,
    ),
}
"""Every cause alone, then all together: Keras' own Adam stands for the three that it is made of,
and float64 is left out, for `tf1keras ablate` runs every cause in it as well.
"""


class VariantTrainee(KerasTrainee):
    """A Variant bound to its training data, on the CPU; one step is one epoch.

    `x` is [N, 784] and `y` [N, 10], both in the dtype of the variant. `initial` are the weights to
    start from, [.] float32 by the article's names; `seed` decides what the variant draws itself.
    """

    def __init__(
        self,
        name: str,
        variant: Variant,
        x: tf.Tensor,
        y: tf.Tensor,
        initial: Mapping[str, np.ndarray],
        seed: int,
    ) -> None:
        super().__init__(name, article.assemble(variant.pieces, dtype=variant.dtype), x, y)
        self._variant = variant
        # With autograph, which converts the loop over mini-batches.
        self._train = tf.function(self._update, jit_compile=self.model.jit_compile)
        self._seed, self._random, self._epochs = seed, np.random.default_rng(seed), 0
        self._order = tf.Variable(tf.range(len(x)), trainable=False)  # [N] int32
        self.load_weights(glorot(initial, seed) if variant.glorot else initial)

    def step(self) -> np.floating:
        """Run one epoch on the bound data; return the full batch's loss before it, or after.

        The loss after an epoch is the one before the next, so being late is to be an epoch ahead.
        """
        if self._variant.loss_after_update and not self._epochs:
            self._epoch_step()
        return self._epoch_step()

    def steps(self, count: int) -> list[np.floating]:
        """Run `count` epochs, one by one: each draws its own order of rows."""
        return [self.step() for _ in range(count)]

    def _epoch_step(self) -> np.floating:
        if self._variant.batch_size:
            self._order.assign(self._random.permutation(len(self._x)))
        self._epochs += 1
        return super().step()

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return copies of all that training depends on; what is drawn follows from `epochs`."""
        return super().snapshot() | {"epochs": np.array(self._epochs)}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Set what `snapshot` returned: training goes on from there, bit for bit."""
        super().restore(snapshot)
        self._epochs, self._random = int(snapshot["epochs"]), np.random.default_rng(self._seed)
        if self._variant.batch_size:
            for _ in range(self._epochs):
                self._random.permutation(len(self._x))

    def _update(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """One epoch; [N, 784], [N, 10] -> the loss, []."""
        batch_size = self._variant.batch_size
        if not batch_size:
            return super()._update(x, y)
        loss = self._loss(x, y)
        full = len(self._x) // batch_size * batch_size
        for rows in tf.reshape(self._order[:full], [-1, batch_size]):
            super()._update(tf.gather(x, rows), tf.gather(y, rows))
        if full < len(self._x):  # the last mini-batch is smaller
            rows = self._order[full:]
            super()._update(tf.gather(x, rows), tf.gather(y, rows))
        return loss

    def _loss(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Return the loss as it is compiled; `compute_loss` would round it to float32."""
        return self.model.loss(y, self.model(x, training=True))


def glorot(like: Mapping[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Return what Keras' `Dense` starts from by default, in the names and shapes of `like`."""
    uniform = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))
    return {
        name: uniform(array.shape).numpy() if array.ndim == 2 else np.zeros_like(array)
        for name, array in like.items()
    }
