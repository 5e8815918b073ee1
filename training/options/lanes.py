"""The lanes: who can train in a comparison, a row each, in the order of columns.

A new lane needs a row here and what makes its trainee; nothing else knows lanes by name, but for
three: `tf1` gives the initial weights, `exact` is what is to be TensorFlow 1 bit for bit, and
`numpy` is the exact arithmetic.
"""

from typing import TYPE_CHECKING, Literal, NamedTuple

Backend = Literal["tensorflow", "jax", "torch"]
Dash = Literal["solid", "dash", "dot", "dashdot", "longdash"]
Feed = Literal["documented", "resident"]
Precision = Literal["float32", "mixed_bfloat16", "float64"]


class Row(NamedTuple):
    """A lane."""

    make: str
    """MODULE:FUNCTION of what makes its trainee, as (name, `training.lanes.build.Setting`)."""
    says: str
    """Who it is, for the help of `--lanes`."""
    dash: Dash = "solid"
    """How its curves are drawn; each lane has a colour of its own besides."""
    keras: Backend | None = None
    """The backend that its Keras model runs on; None where it is none of Keras."""
    stock: bool = False
    """Nothing but Keras' own pieces: it takes dropout, and drifts."""
    cpu_only: bool = False


_TF2 = "training.lanes.on_tensorflow:tf2"
_BACKEND = "training.lanes.other_backends:make"

LANES = {
    "tf1": Row("training.lanes.on_tensorflow:tf1", "the TensorFlow 1 graph"),
    "exact": Row(
        "training.lanes.on_tensorflow:keras", "its bit-exact Keras mirror", keras="tensorflow"
    ),
    "idiomatic": Row(
        "training.lanes.on_tensorflow:keras",
        "the everyday Keras rewrite",
        "dash",
        keras="tensorflow",
        stock=True,
    ),
    "numpy": Row("training.lanes.by_hand:make", "by hand in float64", "dot", cpu_only=True),
    "keras-jax": Row(_BACKEND, "the rewrite on JAX", "dashdot", keras="jax", stock=True),
    "keras-torch": Row(_BACKEND, "the rewrite on PyTorch", "longdash", keras="torch", stock=True),
    "tf2": Row(_TF2, "TensorFlow 2 without Keras' layers", "dash"),
    "tf2-exact": Row(_TF2, "the same with TensorFlow 1's update", "dot"),
    "portable": Row(
        "training.lanes.portable:make", "the same bits on every machine", "dot", cpu_only=True
    ),
}

if TYPE_CHECKING:
    Lane = str
else:
    Lane = Literal[tuple(LANES)]
"""A lane's name, as the command line takes it."""

STOCK = [name for name, row in LANES.items() if row.stock]
SHARED = [name for name, row in LANES.items() if row.keras == "tensorflow"]
"""Those that can sum a gradient over slices, replicas or workers."""
PACKAGES = {name: row.keras for name, row in LANES.items() if row.keras in ("jax", "torch")}
"""Lane -> the package that it needs besides, which is Keras' name of the backend, too."""

HELP = (
    f"Who trains. {'; '.join(f'{name}: {row.says}' for name, row in LANES.items())}. The first of "
    "them, in this order, is the reference."
)


def listed(names: list[str]) -> str:
    """Return "a, b and c"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
