"""What a graph is read as: plain values, which know no Keras; and what is said of what is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from tf1_compat.network.added import Part
from tf1_compat.reading.updates import Update
from tf1_compat.state import StateError

REST = "not_understood"
"""The kind of the layer of all that no layer is known for, and its name."""
AVERAGES = ("moving_mean", "moving_variance")
"""What layers call variables that no gradient trains."""


class NotCovered(StateError):
    """An op of a graph that is not understood, so that nothing is: names it."""

    def __init__(self, op: tf.Operation, why: str) -> None:
        super().__init__(f"{op.name} ({op.type}): {why}.")
        self.op = op


class Form(NamedTuple):
    """A change of form."""

    kind: str
    """cast, one_hot, ...; a row of `keras_models/writing/rows/batches.py`."""
    options: tuple[Any, ...]


@dataclass(frozen=True)
class Formed:
    """A placeholder that the graph gives another form before a layer or a loss takes it."""

    placeholder: str
    """Or what an iterator or a queue gives, which is fed as one."""
    forms: tuple[Form, ...]


@dataclass(frozen=True)
class Input:
    """What is fed a row for each row of a batch: a placeholder, or one in another form."""

    tensor: str
    dtype: str
    shape: tuple[int | None, ...]
    """Without that of the rows."""


@dataclass(frozen=True)
class Layer:
    """One layer, which may be called several times."""

    kind: str
    """dense, conv2d, max_pooling2d, ...; a row of `keras_models/writing/layers.py`."""
    name: str | None
    """Of its scope; None where it has no variable."""
    options: Mapping[str, Any]
    variables: Mapping[str, str] = field(default_factory=dict)
    """kernel -> TensorFlow 1 variable."""
    ops: Mapping[str, Any] = field(default_factory=dict)
    """How it was computed, to the bit; see `layers/pieces.py`. Empty where nobody asked."""


@dataclass(frozen=True)
class Call:
    """A layer applied to tensors, which are named."""

    layer: Layer
    inputs: tuple[str, ...]
    output: str


@dataclass(frozen=True)
class Loss:
    """What is lost over a batch."""

    kind: str
    """softmax_cross_entropy, ...; a row of `keras_models/writing/losses.py`."""
    options: Mapping[str, Any]
    summed: bool
    """The rows' losses are added up, and not their mean taken."""
    weight: float
    """What it is multiplied by; for losses of each output, of their mean in a row."""
    outputs: str
    """Tensor: what the network gives, logits as a rule."""
    labels: str
    """Tensor: what it should give; a placeholder, or one in another form."""
    merged: bool = False
    """The outputs have the steps of rows as rows of their own."""
    weighted: bool = False
    """It is one of `tf.losses`: a sum over the number of weights that are not 0."""
    number: str = ""
    """Tensor: it as one number, which the cost adds up; empty where that has more in it."""
    within: float = 1.0
    """What of `weight` is within that number."""
    ops: Mapping[str, Any] = field(default_factory=dict)
    """How it was added up, to the bit; see `losses/pieces.py`. Empty where that is not known."""


@dataclass(frozen=True)
class Beginning:
    """How a variable begins."""

    kind: str
    """constant; or normal, truncated normal or uniform, of standard numbers."""
    shift: float
    """What is added to them; the constant."""
    scale: float
    """What they are multiplied by before."""
    shape: tuple[int, ...]
    seed: int | None = None
    """The graph's."""


@dataclass(frozen=True)
class Rate:
    """A learning rate that falls."""

    kind: str
    """exponential, polynomial, inverse_time, cosine, piecewise, noam or warmup."""
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Optimizer:
    """What trains."""

    rule: str
    """TensorFlow 1's name, as in `tf1_compat.reading.updates`."""
    learning_rate: float | Rate
    options: Mapping[str, Any]
    clips: Mapping[str, float]
    """value, norm or global_norm -> the bound."""
    variables: tuple[str, ...]
    """What it trains."""
    by_rows: bool
    """A gradient is of a few rows, those of an embedding."""
    rate_variable: str | None = None
    """What holds the rate, if a variable does."""


@dataclass(frozen=True)
class Averages:
    """What `tf.train.ExponentialMovingAverage` keeps of every trained variable."""

    decay: float
    counts: str | None
    """The variable that it was given as num_updates."""
    shadows: Mapping[str, str]
    """Average -> the variable."""


@dataclass(frozen=True, kw_only=True)
class Forward:
    """What gives a graph's outputs, understood."""

    inputs: tuple[Input, ...]
    calls: tuple[Call, ...]
    """Each behind those that it takes the outputs of."""
    outputs: tuple[str, ...]
    """Tensors: what the network gives."""
    switches: Mapping[str, tuple[Any, Any]]
    """Placeholder of one number -> what it is fed in training, in inference."""
    formed: Mapping[str, Formed] = field(default_factory=dict)
    """Tensor, of an input or labels, that is no placeholder -> what it is made of."""
    penalties: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Variable -> l1 (of sum |w|) and l2 (of sum w^2)."""
    beginnings: Mapping[str, Beginning] = field(default_factory=dict)
    """Variable -> how it begins, where that is known."""

    @property
    def rest(self) -> Layer | None:
        """The layer of raw ops that stands for all that no layer is known for, if there is one."""
        return next((call.layer for call in self.calls if call.layer.kind == REST), None)


@dataclass(frozen=True)
class Drawn:
    """What is fed, at random."""

    tensor: str
    kind: str
    """whole, of numbers from `first` to less than `below`; normal; or one_hot."""
    shape: tuple[int, ...]
    """Without that of the rows."""
    first: int = 0
    below: int = 2


@dataclass(frozen=True, kw_only=True)
class Network(Forward):
    """A graph that trains, understood."""

    losses: tuple[Loss, ...]
    """One for each output."""
    total: Part | None = None
    """How the cost is added up, to the bit; None where nobody asked, or where it is not known."""
    optimizers: tuple[Optimizer, ...]
    """The first trains the most variables."""
    updates: tuple[Update, ...]
    """Of each trained variable."""
    step: str | None
    """The variable that counts updates."""
    cost: str
    train_op: str
    gated: bool = False
    """Updates race in TensorFlow 1; see `tf1_compat.meta.load`."""
    drawn: tuple[Drawn, ...] = ()
    """How inputs and labels may be drawn, where dtype and shape do not say it."""
    held: tuple[str, ...]
    """Variables of layers that TensorFlow 1 does not call trainable, such as moving averages."""
    averages: Averages | None
    aside: tuple[str, ...]
    """Variables that the train op changes, and no layer or optimizer has: other averages."""
    outside: Mapping[str, str]
    """Op that the train op does not run -> the variable of a layer that it changes."""

    @property
    def groups(self) -> list[list[Update]]:
        """The updates of each optimizer, of those that make any."""
        each = ({*one.variables} for one in self.optimizers)
        found = ([one for one in self.updates if one.variable in its] for its in each)
        return [group for group in found if group]
