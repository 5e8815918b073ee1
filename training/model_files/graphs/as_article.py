"""A network that is the article's, or a variation of it, by the names of the listing's variables.

These go into the models of `keras_models/article.py`, which `resume` trains on.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tf1_compat.hyperparameters import Cost, Hyperparameters

if TYPE_CHECKING:
    from tf1_compat.network import Network

COSTS: dict[str, Cost] = {
    "softmax_cross_entropy": "cross_entropy",
    "mean_squared_error": "mse",
}
ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}


def hyperparameters(
    network: "Network", variables: Sequence[str], names: Sequence[str] | None = None
) -> Hyperparameters | None:
    """Return what the article's model is built with to be this network; None for another.

    `variables` are the network's, which should have these `names`, by default the listing's.
    """
    from keras_models import article

    layers = [call.layer for call in network.calls]
    if len(network.optimizers) > 1 or len(network.losses) > 1:
        return None
    (trained,), (loss,) = network.optimizers, network.losses
    rate, rule = trained.learning_rate, article.OPTIMIZERS.get(trained.rule)
    cost, penalty = COSTS.get(loss.kind), _penalty(network)
    if cost is None or rule is None or penalty is None or not isinstance(rate, float):
        return None
    widths: Any = (*network.inputs[0].shape, *(one.options.get("units") for one in layers))
    hyper = Hyperparameters(
        widths=widths,
        cost=cost,
        optimizer=rule,
        learning_rate=rate,
        l1=penalty.get("l1", 0.0),
        l2=2 * penalty.get("l2", 0.0),  # TensorFlow 1's has a half in its formula
    )
    before = [network.inputs[0].tensor, *(call.output for call in network.calls)]
    same = (
        [one.options for one in layers] == _dense(hyper)
        and [call.inputs for call in network.calls] == [(tensor,) for tensor in before[:-1]]
        and (len(network.inputs), network.inputs[0].dtype) == (1, "float32")
        and [*variables] == [*(names or hyper.variables)]
        and not network.formed
        and not loss.options
        and not loss.summed
        and loss.weight == (1.0 if cost == "cross_entropy" else hyper.widths[-1] / 2)
        and trained.options == (ADAM if rule == "adam" else {})
        and not trained.clips
    )
    return hyper if same else None


def paths(hyper: Hyperparameters) -> dict[str, str]:
    """Return TensorFlow 1 variable -> path in the article's model."""
    from keras_models import article

    return article.saved_paths(hyper)


def _dense(hyper: Hyperparameters) -> list[dict[str, Any]]:
    """Return the options of each layer, ReLU between them."""
    hidden = [{"units": n, "use_bias": True, "activation": "relu"} for n in hyper.widths[1:-1]]
    return [*hidden, {"units": hyper.widths[-1], "use_bias": True}]


def _penalty(network: "Network") -> Mapping[str, float] | None:
    """Return the penalty that every kernel has; None where some differ."""
    kernels = [call.layer.variables.get("kernel", "") for call in network.calls]
    sizes = [network.penalties.get(name, {}) for name in kernels]
    others = {*network.penalties} - {*kernels}
    return None if others or any(one != sizes[0] for one in sizes) else sizes[0]
