"""The idiomatic Keras model on JAX or PyTorch, in a process of its own, as a Trainee.

Keras takes one backend for a whole process, and here that is TensorFlow. The model goes over as
Keras' own configuration, its numbers as arrays; what trains there is stock Keras and nothing else.
"""

import importlib.util
import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.errors import UserError
from training.machine import startup
from training.machine.devices import WEIGHTS, Device
from training.machine.processes import Child
from training.options.lanes import PACKAGES

if TYPE_CHECKING:
    import keras

    from keras_models.trainees.compiled import KerasTrainee
    from tf1_compat.state import State
    from training.lanes.build import Setting


def require(lanes: Iterable[str]) -> None:
    """Raise UserError, before anything is done, where a lane's framework is not installed."""
    for lane in lanes:
        if reason := missing(PACKAGES.get(lane)):
            raise UserError(f"lane {lane}: {reason}")


def missing(package: str | None) -> str | None:
    """Return a line that says what to install where `package` is needed and not there."""
    if package is None or importlib.util.find_spec(package):
        return None
    return f"{package} is not installed: make frameworks, or pip install {package}"


def make(name: str, setting: "Setting") -> "BackendTrainee":
    """Return the idiomatic model on the lane's own backend."""
    from training.lanes.on_tensorflow import stock

    return BackendTrainee(name, stock(name, setting), *setting.train, setting.device)


class BackendTrainee:
    """`mirror`'s model on another backend; `mirror` itself is never trained, and holds its state.

    `x` is [N, 784] float32 and `y` is [N, 10] float32; both are copied into the other process. A
    step is Keras' own `train_on_batch` of all rows.
    """

    def __init__(
        self, name: str, mirror: "KerasTrainee", x: np.ndarray, y: np.ndarray, device: Device
    ) -> None:
        from keras_models.article import moving

        self.name = name
        self.placement: dict[str, dict[str, int]] = {}
        self._mirror = mirror
        held = mirror.model.trainable_variables + mirror.model.optimizer.variables
        ids = {id(variable) for variable in held}
        self._held = {path: v for path, v in moving(mirror.model).items() if id(v) in ids}
        """What the mirror's state is read from and set by: no random state."""
        self._child = Child(_choose, PACKAGES[name], device)
        weakref.finalize(self, self._child.shutdown, wait=False)
        self._call(_build, _config(mirror.model), x, y)
        self._push()

    def _call(self, function: Callable, *arguments: Any) -> Any:
        try:
            return self._child.submit(function, *arguments).result()
        except BrokenProcessPool as error:
            raise UserError(
                f"lane {self.name}: its process ended before its work was done; out of memory?"
            ) from error
        except ImportError as error:
            raise UserError(
                f"lane {self.name}: {PACKAGES[self.name]} cannot be imported ({error}); "
                "install it again."
            ) from error

    def step(self) -> np.floating:
        """Run one update on the bound data; return the loss before it."""
        return self.steps(1)[0]

    def steps(self, count: int) -> list[np.floating]:
        """Run `count` updates in one call to the other process; return the loss before each."""
        losses = self._call(_steps, count)
        if not self.placement:
            self.placement = self._call(_placement)
        return losses

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the logits of `x`: [N, 784] float32 -> [N, 10] float32."""
        return self._call(_logits, x)

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the trained arrays by the article's names."""
        self._pull()
        return self._mirror.weights()

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set W1, b1, ...; the optimizer's state stays as it is."""
        self._pull()
        self._mirror.load_weights(weights)
        self._push()

    def state(self) -> "State":
        """Return copies of weights, slots and step by the names of a TensorFlow 1 checkpoint."""
        self._pull()
        return self._mirror.state()

    def load_state(self, state: "State") -> None:
        """Set weights, slots and step; training goes on from there."""
        self._mirror.load_state(state)
        self._push()

    def snapshot(self) -> dict[str, np.ndarray]:
        """Return copies of all that training depends on, random state included, by paths."""
        return self._call(_snapshot)

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Set what `snapshot` returned: training goes on from there, bit for bit."""
        self._call(_restore, dict(snapshot))

    def save(self, folder: Path) -> None:
        """Write `folder`/NAME.keras, of this process's Keras: the other's optimizer is its own."""
        self._pull()
        self._mirror.save(folder)

    def _pull(self) -> None:
        found = self.snapshot()
        for path, variable in self._held.items():
            variable.assign(found[path])

    def _push(self) -> None:
        self.restore({path: variable.numpy() for path, variable in self._held.items()})


def _config(model: "keras.Model") -> dict[str, Any]:
    """Return the config of a model to be built on another backend, where its weights are set.

    They begin as zeros, for to draw each JAX compiles a program, which takes longer than to import
    it. Whether the step is compiled is for that backend to decide, as where nothing is asked for:
    Keras' config has what TensorFlow decided, and op by op JAX takes twice as long.
    """
    import keras

    config = keras.saving.serialize_keras_object(model)
    config["compile_config"]["jit_compile"] = "auto"
    for layer in config["config"]["layers"]:
        options = layer["config"]
        options.update((name, "zeros") for name in options if name.endswith("_initializer"))
    return config


# What follows runs in the other process.

_here: dict[str, Any] = {}
"""The model and the data bound to it."""


def _choose(backend: str, device: Device) -> None:
    """Import Keras on this backend, which sees only the device that was asked for."""
    os.environ["KERAS_BACKEND"] = backend
    if device.kind == "CPU":
        hidden = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu", "KERAS_TORCH_DEVICE": "cpu"}
        os.environ.update(hidden)
    else:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        cards = visible.split(",") if visible else [str(n) for n in range(device.index + 1)]
        os.environ["CUDA_VISIBLE_DEVICES"] = cards[device.index]
    _here["index"] = device.index
    others = {"tensorflow", "torch", *startup.LOOKED_FOR} - {backend}
    if backend == "jax":
        others.remove("scipy")  # which JAX itself needs
    with startup.nothing_collected(), startup.unseen(others):
        import keras  # noqa: F401


def _build(config: dict[str, Any], x: np.ndarray, y: np.ndarray) -> None:
    import keras

    model = keras.saving.deserialize_keras_object(config)
    model.optimizer.build(model.trainable_variables)
    _here.update(model=model, data=[keras.ops.convert_to_tensor(array) for array in (x, y)])


def _steps(count: int) -> list[np.float32]:
    train, data = _here["model"].train_on_batch, _here["data"]
    return [np.float32(train(*data, return_dict=True)["loss"]) for _ in range(count)]


def _placement() -> dict[str, dict[str, int]]:
    """Return where the updated weights lie: where the update was computed, in either framework."""
    found: dict[str, dict[str, int]] = {}
    for variable in _here["model"].trainable_variables:
        device = variable.value.device  # of JAX, which has a platform, or of PyTorch
        platform = device.platform if hasattr(device, "platform") else device.type
        kind = "CPU" if platform == "cpu" else "GPU"
        ops = found.setdefault(f"/device:{kind}:{_here['index']}", {WEIGHTS: 0})
        ops[WEIGHTS] += 1
    return found


def _logits(x: np.ndarray) -> np.ndarray:
    import keras

    return keras.ops.convert_to_numpy(_here["model"](x, training=False))


def _moving() -> dict[str, Any]:
    """As `keras_models.article.moving`, which would bring TensorFlow with it."""
    model = _here["model"]
    if hasattr(model, "jax_state_sync"):  # train_on_batch left the state beside them
        model.jax_state_sync()
    metrics = {id(variable) for variable in model.metrics_variables}
    found = {variable.path: variable for variable in model.variables if id(variable) not in metrics}
    for variable in model.optimizer.variables:  # without its name, which Keras numbers
        found[f"optimizer/{variable.path.partition('/')[2]}"] = variable
    return found


def _snapshot() -> dict[str, np.ndarray]:
    import keras

    return {path: keras.ops.convert_to_numpy(v.value) for path, v in _moving().items()}


def _restore(snapshot: Mapping[str, np.ndarray]) -> None:
    variables = _moving()
    for path, array in snapshot.items():
        variables[path].assign(array)
