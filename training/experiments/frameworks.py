"""A full-batch step of the article's model in plain JAX and plain PyTorch: no Keras, no TensorFlow.

Each takes pixels [N, 784], labels [N, 10] and the initial weights W1 [784, 128], b1 [128],
W2 [128, 10], b2 [10], all float32, and returns what updates once. `tf1keras bench` measures them on
the CPU, `docs/figures/speed/gpu.py` on a GPU.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tf1_compat.hyperparameters import LISTING

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Of Adam, as in TensorFlow 1 and in PyTorch."""
Step = Callable[[], Any]
"""Update once; return the loss before, a number on the device: `float` waits for it."""


def initial() -> list[np.ndarray]:
    """Return weights and biases as PyTorch draws them: uniform, up to 1 / sqrt(inputs).

    From the article's N(0, 1), many gradients are subnormal numbers: PyTorch, which does not round
    them to 0 as TensorFlow does, takes a third longer then.
    """
    random = np.random.default_rng(0)
    return [
        random.uniform(-(inputs**-0.5), inputs**-0.5, shape).astype(np.float32)
        for inputs, units in LISTING.layers
        for shape in ((inputs, units), (units,))
    ]


def torch_step(
    x: np.ndarray,
    y: np.ndarray,
    weights: Sequence[np.ndarray],
    *,
    compiled: bool = False,
    device: str = "cpu",
) -> Step:
    """Return a step on `device`; with `compiled`, loss and gradient are compiled, Adam is not.

    Adam's epsilon is TensorFlow 1's, which stands beside the root of v before v is corrected.
    """
    import torch

    pixels, labels = (torch.from_numpy(array).to(device) for array in (x, y))
    layers = []
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        layer = torch.nn.Linear(*W.shape)
        for parameter, array in ((layer.weight, W.T.copy()), (layer.bias, b)):
            parameter.data = torch.from_numpy(array.copy())
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1]).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=LISTING.learning_rate)
    steps = itertools.count(1)
    cost = torch.nn.CrossEntropyLoss()
    forward = torch.compile(lambda: cost(model(pixels), labels)) if compiled else None

    def step() -> Any:
        optimizer.zero_grad(set_to_none=True)
        loss = forward() if forward else cost(model(pixels), labels)
        loss.backward()
        optimizer.param_groups[0]["eps"] = EPSILON / math.sqrt(1 - BETA_2 ** next(steps))
        optimizer.step()
        return loss.detach()

    return step


def jax_step(x: np.ndarray, y: np.ndarray, weights: Sequence[np.ndarray]) -> Step:
    """Return a jitted step, its state donated, on JAX' first device; JAX has no Adam of its own."""
    import jax
    import jax.numpy as jnp

    held = [jnp.asarray(array) for array in weights]
    state = (held, [w * 0 for w in held], [w * 0 for w in held], jnp.float32(0))
    pixels, labels = jax.device_put(x), jax.device_put(y)

    def loss(weights: Any, pixels: Any, labels: Any) -> Any:
        W1, b1, W2, b2 = weights
        logits = jax.nn.relu(pixels @ W1 + b1) @ W2 + b2
        return -(labels * jax.nn.log_softmax(logits)).sum(axis=1).mean()

    def update(state: Any, pixels: Any, labels: Any) -> Any:
        weights, m, v, t = state
        value, gradients = jax.value_and_grad(loss)(weights, pixels, labels)
        t = t + 1
        m = [BETA_1 * a + (1 - BETA_1) * g for a, g in zip(m, gradients, strict=True)]
        v = [BETA_2 * a + (1 - BETA_2) * g * g for a, g in zip(v, gradients, strict=True)]
        rate = LISTING.learning_rate * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
        moved = [
            w - rate * a / (jnp.sqrt(b) + EPSILON) for w, a, b in zip(weights, m, v, strict=True)
        ]
        return (moved, m, v, t), value

    jitted = jax.jit(update, donate_argnums=0)

    def step() -> Any:
        nonlocal state
        state, value = jitted(state, pixels, labels)
        return value

    return step
