"""The lanes: who can train in a comparison, in the order of columns."""

from typing import Literal

Lane = Literal["tf1", "exact", "idiomatic", "numpy", "keras-jax", "keras-torch"]
ORDER: tuple[Lane, ...] = ("tf1", "exact", "idiomatic", "numpy", "keras-jax", "keras-torch")
"""The order of columns; the first lane that runs is the reference."""

FRAMEWORKS = {"keras-jax", "keras-torch"}
IDIOMATIC = {"idiomatic", *FRAMEWORKS}
"""The lanes of stock Keras."""
DISTRIBUTED = {"exact", "idiomatic"}
"""The lanes that can sum a gradient over slices, replicas or workers."""

Feed = Literal["documented", "resident"]
Precision = Literal["float32", "mixed_bfloat16", "float64"]
