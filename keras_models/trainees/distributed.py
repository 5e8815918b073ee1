"""A Keras model as a Trainee whose full batch is shared out to several devices or workers.

Every replica has its rows, its copy of the model, and computes its share of the loss and gradient;
the sum of the gradients updates every copy alike. Keras' own `fit` weighs by replicas and not by
rows, which is wrong where they have unequal numbers, and does not run on several workers.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models.trainees.compiled import KerasTrainee


def rows_of(replica: int, replicas: int, rows: int) -> slice:
    """Return which of `rows` rows a replica has: as many as any other, but for one."""
    return slice(replica * rows // replicas, (replica + 1) * rows // replicas)


class DistributedTrainee(KerasTrainee):
    """`model`, which was made in `strategy`'s scope, bound to its replicas' shares of the rows.

    `x` is [N, 784] float32 and `y` is [N, 10] float32, on every worker all of them, of which it
    binds its own replicas' rows. Steps of all workers wait for each other. Two trainees of one
    strategy must not step at the same time: their replicas would drift apart. Raises ValueError
    where there are more replicas than rows.
    """

    def __init__(
        self,
        name: str,
        model: keras.Model,
        x: np.ndarray,
        y: np.ndarray,
        strategy: tf.distribute.Strategy,
        **options: Any,
    ) -> None:
        self._strategy, self._rows = strategy, len(x)
        replicas = strategy.num_replicas_in_sync
        if replicas > len(x):
            raise ValueError(f"{replicas} replicas: expected at most one for each of {len(x)} rows")

        def bind(array: np.ndarray) -> Any:
            def own(context: tf.distribute.experimental.ValueContext) -> tf.Tensor:
                mine = rows_of(context.replica_id_in_sync_group, replicas, len(array))
                return tf.constant(array[mine])

            return strategy.experimental_distribute_values_from_function(own)

        with strategy.scope():
            super().__init__(name, model, bind(x), bind(y), device=None, **options)

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained arrays; RuntimeError where replicas here have others."""
        for variable in self._named.values():
            copies = self._strategy.experimental_local_results(variable.value)
            if len({copy.numpy().tobytes() for copy in copies}) > 1:
                raise RuntimeError(f"{self.name}: the replicas' copies of {variable.path} differ")
        return super().weights()

    def _update(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        losses = self._strategy.run(super()._update, (x, y))
        return self._strategy.reduce("SUM", losses, axis=None)

    def _loss(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Return a replica's share of the loss.

        Keras divides every loss by the number of replicas and adds up gradients over them, in
        `apply`; what is left to do is to weigh by rows.
        """
        weight = x.shape[0] * self._strategy.num_replicas_in_sync / self._rows
        loss = super()._loss(x, y)
        return loss if weight == 1 else weight * loss
