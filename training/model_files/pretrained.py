"""What fine-tuning starts from: a source's model in Keras, and the source itself to compare with.

The model is a copy made of stock parts; `outputs` runs the source as it is: TensorFlow 1's graph
for a checkpoint, the saved Keras model for a `.keras` file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tf1_compat.hyperparameters import Hyperparameters
from training.data import Examples
from training.errors import UserError, first_line
from training.machine import files
from training.model_files import reading, training_state

if TYPE_CHECKING:
    import keras


class Outputs(NamedTuple):
    """Of rows [N, 784]: what the head is fed with [N, width], and the logits [N, classes]."""

    hidden: np.ndarray
    logits: np.ndarray


@dataclass(frozen=True)
class Pretrained:
    """A source: the model to go on with, the source's own outputs, its classes by column."""

    path: Path
    model: "keras.Model"
    outputs: Callable[[np.ndarray], Outputs]
    classes: tuple[int, ...]
    """Where no file says so, columns are taken for what they are called."""
    cost: str = "cross_entropy"
    """mse: its outputs are no logits."""

    @property
    def is_stack(self) -> bool:
        """Whether it is Dense layers with ReLU, which TensorFlow 1's graph can run, too."""
        from keras_models.classifiers import stack

        return stack.is_one(self.model)


def load(path: Path) -> Pretrained:
    """Return the source at `path`: a checkpoint, a `.keras` file, a run folder.

    Raises UserError where it is nothing of this, damaged, or no classifier of 28 x 28 pixels.
    """
    from keras_models import article, transfer
    from keras_models.classifiers import kinds, stack
    from tf1_compat import checkpoint

    found, file = reading.kind(path)
    if found == "checkpoint":
        with reading.refusal(file, training_state.EXPECTED):
            arrays = checkpoint.read(file)
            hyper = training_state.of_checkpoint(file, arrays)
            state = checkpoint.to_state(arrays, checkpoint.of_article(hyper))
            model = article.build("idiomatic", hyper=replace(hyper, dropout=0.0))
            transfer.load_state(model, state, article.saved_paths(hyper), weights_only=True)
        outputs = tf1_outputs([state.weights[name] for name in hyper.variables])
        return Pretrained(path, stack.rebuild(model), outputs, tuple(range(10)), hyper.cost)
    if found != "keras":
        raise UserError(
            f"{path}: expected a run folder, a .keras file or a TensorFlow 1 checkpoint;\n"
            "tf1keras migrate makes a .keras file of frozen graphs and SavedModels."
        )
    model = reading.load_keras(file, compiled=False)
    try:
        copy = kinds.of_rows(model)
    except (ValueError, TypeError, NotImplementedError) as error:  # what cannot be copied, too
        raise UserError(f"{path}: {first_line(error).rstrip('.')}.") from error
    outputs = _keras_outputs(model, whole=kinds.of(copy) is stack)
    return Pretrained(path, copy, outputs, _classes(file, copy), _cost(model))


def tf1_outputs(weights: Sequence[np.ndarray]) -> Callable[[np.ndarray], Outputs]:
    """Return what runs the article's graph, as wide and deep as W1, b1, W2, b2, ... ask for."""
    from tf1_compat.program import Program

    hyper = Hyperparameters((weights[0].shape[0], *(bias.size for bias in weights[1::2])))
    nothing = (np.zeros([0, hyper.widths[i]], np.float32) for i in (0, -1))  # never trained
    program = Program(*nothing, seed=0, hyper=hyper)
    program.load_weights(dict(zip(hyper.names, weights, strict=True)))
    graph = program.endpoints

    def outputs(x: np.ndarray) -> Outputs:
        fetches = [graph.hidden_layer, graph.output_layer]
        return Outputs(*program.session.run(fetches, {graph.X: x}))

    return outputs


def _keras_outputs(model: "keras.Model", whole: bool) -> Callable[[np.ndarray], Outputs]:
    from keras_models.classifiers import source

    both = source.outputs(model, whole)
    return lambda x: Outputs(*both(x))


def _cost(model: "keras.Model") -> str:
    from keras_models import article

    if not model.compiled:
        return "cross_entropy"
    try:
        return article.hyperparameters(model).cost
    except ValueError:  # trained some other way; fine-tuning trains on cross-entropy
        return "cross_entropy"


def _classes(file: Path, model: "keras.Model") -> tuple[int, ...]:
    beside, columns = file.with_name("finetune.json"), model.output_shape[-1]
    if not beside.is_file():
        return tuple(range(columns))
    try:
        said = files.read_json(beside)["classes"]
        if len(said) != columns or not all(type(one) is int for one in said):
            raise ValueError(f"classes are {said}; expected {columns} whole numbers")
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UserError(f"{beside}: not the results of a fine-tuning ({error}).") from error
    return tuple(said)


def logits(model: "keras.Model", x: np.ndarray) -> np.ndarray:
    """Return the logits of rows [N, 784]: [N, classes] float32, of a stack all in one product."""
    from keras_models.classifiers import source

    return source.logits(model, x)


def accuracy(model: "keras.Model", examples: Examples) -> float:
    """Return the share of rows whose largest logit is that of their label."""
    return examples.accuracy(logits(model, examples.x))
