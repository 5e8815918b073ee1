"""A compiled Keras model seen through the variables of the TensorFlow 1 graph that it rewrites."""

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_models import translation
from keras_models.pairing import Pairing, View, views
from tf1_compat.graph import Observation
from tf1_compat.reading.inspection import Tree, named


class Rewrite:
    """`model` with its pairing, that of moving averages and that of what nobody trains.

    `shadows`: TensorFlow 1's average of a weight -> the weight; Keras has it in an optimizer with
    `use_ema`.

    `traced`: run as tf.function, as `fit` does; otherwise eagerly. `taped`: differentiated by a
    tape, as `fit` does; otherwise by `tf.gradients`, which adds gradients up in TensorFlow 1's
    order, and the traced function can do, too.

    A step is what `fit` would run: the model's own `train_step` where it has one. The number of
    rows is open while it is traced, as it was in TensorFlow 1's graph: with a known one TensorFlow
    folds counts into constants, which rounds differently.
    """

    def __init__(
        self,
        model: keras.Model,
        pairing: Pairing,
        moving: Pairing | None = None,
        held: Pairing | None = None,
        shadows: Mapping[str, str] = MappingProxyType({}),
        *,
        traced: bool = True,
        taped: bool = True,
    ) -> None:
        self.model, self.pairing, self._taped = model, pairing, taped
        given = (pairing, moving or {}, held or {})
        self._paired, self._moved, self._held = (views(one, model) for one in given)
        self._variables = {id(v): v for view in self._paired.values() for v in view.variables}
        model.optimizer.build(model.trainable_variables)
        self._averages = self._averaged(shadows)
        self._traced = traced
        self._functions: dict[str, Any] = {}

    def _averaged(self, shadows: Mapping[str, str]) -> dict[str, View]:
        """Return the views of the averages of weights that an optimizer keeps."""
        held: dict[int, Any] = {}
        for optimizer in translation.parts(self.model.optimizer):
            if optimizer.use_ema:
                trained = [id(variable) for variable in optimizer._trainable_variables]
                held |= zip(trained, optimizer._model_variables_moving_average, strict=True)
        views = {shadow: self._paired[name] for shadow, name in shadows.items()}
        return {
            shadow: view.with_values_of([held[id(variable)] for variable in view.variables])
            for shadow, view in views.items()
            if all(id(variable) in held for variable in view.variables)
        }

    def _run(self, name: str, *batch: Tree) -> Any:
        """Call the method `name` on a batch, traced where that is asked for."""
        given = keras.tree.map_structure(tf.constant, batch)
        if not self._traced:
            return getattr(self, name)(*given)
        if name not in self._functions:
            self._functions[name] = tf.function(
                getattr(self, name),
                input_signature=keras.tree.map_structure(
                    lambda array: tf.TensorSpec(self._shape(array), array.dtype), batch
                ),
                autograph=False,
                jit_compile=self.model.jit_compile,
            )
        return self._functions[name](*given)

    def _shape(self, array: np.ndarray) -> list[int | None]:
        """Return the shape with an open number of rows, unless the model wants a certain one."""
        inputs = getattr(self.model, "inputs", None) or ()
        fixed = any(one.shape and one.shape[0] is not None for one in inputs)
        return list(array.shape) if fixed or not array.ndim else [None, *array.shape[1:]]

    @property
    def own_train_step(self) -> bool:
        """Whether `fit` runs a train_step that the user wrote."""
        return type(self.model).train_step is not keras.Model.train_step

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the paired variables, as TensorFlow 1 lays them out."""
        return {name: view.numpy() for name, view in self._paired.items()}

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set the paired variables; the optimizer's state stays as it is."""
        for name, view in self._paired.items():
            view.assign(weights[name])

    def hold(self, values: Mapping[str, np.ndarray]) -> None:
        """Set what nobody trains, where it is paired."""
        for name, view in self._held.items():
            view.assign(values[name])

    def _forward(self, x: Tree, y: Tree) -> tuple[Tree, tf.Tensor]:
        outputs = self.model(x, training=True)
        return outputs, self.model.compute_loss(x=x, y=y, y_pred=outputs)

    def _look(self, x: Tree, y: Tree) -> Sequence[Any]:
        paired, zero = list(self._variables.values()), tf.UnconnectedGradients.ZERO
        with self._unmoved():
            outputs, loss, gradients = self._differentiated(x, y, paired, zero)
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        return self._both(outputs), loss, gradients

    def _differentiated(
        self,
        x: Tree,
        y: Tree,
        variables: Sequence[Any],
        unconnected: tf.UnconnectedGradients = tf.UnconnectedGradients.NONE,
    ) -> tuple[Tree, tf.Tensor, list[Any]]:
        """Return outputs, loss and its gradients."""
        values = [variable.value for variable in variables]
        if not self._taped:
            outputs, loss = self._forward(x, y)
            return outputs, loss, tf.gradients(loss, values, unconnected_gradients=unconnected)
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs, loss = self._forward(x, y)
        return outputs, loss, tape.gradient(loss, values, unconnected_gradients=unconnected)

    def _update(self, x: Tree, y: Tree) -> tf.Tensor:
        if self.own_train_step:
            with self._unmoved():
                _, loss = self._forward(x, y)
            with tf.control_dependencies([loss]):
                self.model.train_step((x, y))
            return loss
        variables = self.model.trainable_variables
        _, loss, gradients = self._differentiated(x, y, variables)
        self.model.optimizer.apply(gradients, variables)
        return loss

    @contextlib.contextmanager
    def _unmoved(self) -> Iterator[None]:
        """Set what moves without being trained, such as moving averages, back after the body."""
        moving = [v for v in self.model.non_trainable_variables if v.dtype.startswith("float")]
        before = [tf.identity(variable.value) for variable in moving]
        yield
        for variable, value in zip(moving, before, strict=True):
            variable.assign(value)

    def observe(self, x: Tree, y: Tree, *, probabilities: Sequence[bool]) -> Observation:
        """Return outputs, loss and gradients of a batch; nothing is updated.

        Outputs are logits even where the model ends in a softmax, but for those that the graph
        gives as `probabilities`.
        """
        outputs, loss, gradients = self._run("_look", x, y)
        turned = self._beside(dict(zip(self._variables, gradients, strict=True)))
        return Observation(_chosen(outputs, probabilities), loss.numpy(), turned)

    def step(self, x: Tree, y: Tree) -> np.ndarray:
        """Run one update; return the loss before it."""
        return self._run("_update", x, y).numpy()

    def moving(self) -> dict[str, np.ndarray]:
        """Return copies of the moving averages that are paired, those of weights, too."""
        return {name: view.numpy() for name, view in (self._moved | self._averages).items()}

    def load_moving(self, averages: Mapping[str, np.ndarray]) -> None:
        """Set the moving averages that are paired."""
        for name, view in (self._moved | self._averages).items():
            if name in averages:
                view.assign(averages[name])

    def paths_of_moving(self) -> dict[str, str]:
        """Return where the moving averages are in the model."""
        return {name: view.path for name, view in self._moved.items()}

    def infer(
        self, x: Tree, moving: Mapping[str, np.ndarray], *, probabilities: Sequence[bool]
    ) -> dict[str, np.ndarray]:
        """Return outputs where nobody trains, with these moving averages; empty if one is unpaired.

        Nothing is left changed.
        """
        if set(moving) != set(self._moved):
            return {}
        before = self.moving()
        self.load_moving(moving)
        outputs = _chosen(self._run("_infer", x), probabilities)
        self.load_moving(before)
        return outputs

    def _infer(self, x: Tree) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        return self._both(self.model(x, training=False))

    def _both(self, outputs: Tree) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        """Return each output, and the logits that it was made of where Keras' loss goes back."""
        flat = named(outputs)
        losses = keras.tree.flatten(self.model.loss)
        each = losses if len(losses) == len(flat) else [losses[0]] * len(flat)
        return {
            name: (one, getattr(one, "_keras_logits", one) if _of_logits(loss) else one)
            for (name, one), loss in zip(flat.items(), each, strict=True)
        }

    def slots(self) -> dict[str, np.ndarray]:
        """Return as "slot m of W1" the slots that mean what TensorFlow 1's mean."""
        found = {}
        for optimizer in translation.parts(self.model.optimizer):
            trained = [id(variable) for variable in optimizer._trainable_variables]
            for slot, held in translation.slots(optimizer).items():
                for name, array in self._beside(dict(zip(trained, held, strict=True))).items():
                    found[f"slot {slot} of {name}"] = array
        return found

    def _beside(self, held: Mapping[int, Any]) -> dict[str, np.ndarray]:
        """Return what is held by variable (id), such as gradients, for TensorFlow 1's ones."""
        return {
            name: view.beside([held[id(variable)] for variable in view.variables]).numpy()
            for name, view in self._paired.items()
            if all(id(variable) in held for variable in view.variables)
        }


def _chosen(
    both: Mapping[str, tuple[tf.Tensor, tf.Tensor]], probabilities: Sequence[bool]
) -> dict[str, np.ndarray]:
    """Return of each output itself where it is a probability in the graph, or else its logits."""
    as_they_are = itertools.chain(probabilities, itertools.repeat(False))
    return {
        name: (output if kept else logits).numpy()
        for (name, (output, logits)), kept in zip(both.items(), as_they_are, strict=False)
    }


def _of_logits(loss: Any) -> bool:
    """Whether the loss goes back to logits: Keras' cross-entropies do, and what is not Keras'."""
    loss = keras.losses.get(loss)
    kind = loss if callable(loss) and hasattr(loss, "__name__") else type(loss)
    return not kind.__module__.startswith("keras.") or "crossentropy" in kind.__name__.lower()
