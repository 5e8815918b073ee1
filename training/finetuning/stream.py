"""Mini-batches without end: shuffled, augmented on the fly, the same bits for the same seed."""

from typing import TYPE_CHECKING

from training.data import Examples
from training.finetuning.augment import augment
from training.finetuning.recipe import Recipe

if TYPE_CHECKING:
    import tensorflow as tf

LEAST_UPDATES = 10
"""Updates in an epoch at least: few rows are repeated, each time distorted otherwise."""

PHASES = 100
"""More than any plan has; seed and phase make one number."""


def stream(
    train: Examples, recipe: Recipe, seed: int, phase: int = 0, epoch: int = 0
) -> tuple["tf.data.Dataset", int]:
    """Return batches (x [B, 784], y [B, classes]) without end, and how many make an epoch.

    What does not fill a batch is left to other epochs. The order is a shuffle of its own for every
    epoch and phase. Batches are those from epoch `epoch` on, the same as after so many others.
    """
    import tensorflow as tf

    rows = len(train.x)
    repeats = -(-LEAST_UPDATES * recipe.batch_size // rows)  # rounded up
    updates = rows * repeats // recipe.batch_size
    x, y = tf.constant(train.x), tf.constant(train.y)
    first = tf.constant(seed * PHASES + phase, tf.int64)

    def order(number: "tf.Tensor") -> "tf.data.Dataset":
        every = tf.range(rows * repeats, dtype=tf.int32) % rows
        shuffled = tf.random.experimental.stateless_shuffle(every, tf.stack([first, 4 * number]))
        used = shuffled[: updates * recipe.batch_size]
        return tf.data.Dataset.from_tensor_slices(tf.reshape(used, [updates, recipe.batch_size]))

    def batch(number: "tf.Tensor", chosen: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        drawn = tf.stack([first, 4 * number + 1])  # and + 2: no two draws share a pair of numbers
        x_of, y_of = tf.gather(x, chosen), tf.gather(y, chosen)
        return augment(x_of, drawn, recipe.augmentation), y_of

    options = tf.data.Options()
    options.autotune.enabled = False  # there is nothing to tune, and its thread is up to 10 s late
    batches = (
        tf.data.Dataset.counter(start=epoch)
        .flat_map(order)
        .enumerate(start=epoch * updates)
        .map(batch, num_parallel_calls=2, deterministic=True)
        .prefetch(8)
        .with_options(options)
    )
    return batches, updates
