"""What a graph and a model are fed to be compared: numbers drawn by dtype and shape."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

    from tf1_compat.network import Forward

LENGTH = 8
"""Of what may be of any size."""


def inputs(
    network: "Forward", graph: "tf.Graph", rng: np.random.Generator, rows: int
) -> dict[str, np.ndarray]:
    """Return tensor -> [N, ...] for each input; whole numbers are such as every table has.

    N is as many rows as `graph` takes; `rows`, where it leaves them open.
    """
    sizes = (graph.get_tensor_by_name(one.tensor).shape[0] for one in network.inputs)
    rows = next(filter(None, sizes), rows)
    tables = [call.layer.options for call in network.calls if call.layer.kind == "embedding"]
    ids = min((options["input_dim"] for options in tables), default=2)
    return {one.tensor: numbers(rng, (rows, *one.shape), one.dtype, ids) for one in network.inputs}


def numbers(
    rng: np.random.Generator, shape: Sequence[int | None], dtype: str, below: int = 2
) -> np.ndarray:
    """Return N(0, 1), or whole numbers from 0 to less than `below`; LENGTH stands for None."""
    sizes: Any = [LENGTH if size is None else size for size in shape]
    floats = dtype.startswith(("float", "bfloat"))
    drawn = rng.normal(size=sizes) if floats else rng.integers(0, below, sizes)
    return np.asarray(drawn, dtype)
