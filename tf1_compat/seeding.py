"""TensorFlow 1.15's rule for the seed of a random op that was given none.

With a graph seed set and no op seed, TensorFlow 1.15 takes as op seed the number of ops that the
graph already holds (`tensorflow/python/framework/random_seed.py`, `op_seed = graph._last_id`).
TensorFlow 2 counts 0, 1, 2, ... per graph instead: there the same graph seed gives other numbers.
"""

import tensorflow as tf

CONSTANTS_OF_RANDOM_NORMAL = 3
"""`random_normal` adds its constants shape, mean and stddev before it asks for a seed."""


def op_seed(not_counted: int = 0) -> int | None:
    """Return the op seed that TensorFlow 1.15 would give the default graph's next `random_normal`.

    `not_counted` is the number of ops in the graph that TensorFlow 1.15's would not have had. None
    when the graph has no seed: TensorFlow 1.15 then drew a new seed for every run, and so does
    TensorFlow 2.
    """
    graph = tf.compat.v1.get_default_graph()
    if graph.seed is None:
        return None
    return len(graph.get_operations()) + CONSTANTS_OF_RANDOM_NORMAL - not_counted
