"""Mistakes in what a layer computes: its activation, numbers, pooling, padding, dilation."""

from collections.abc import Iterable, Iterator
from typing import Any

from keras import layers

from training.checking.case import Candidate, Case, Hypothesis, edited

ACTIVATIONS = (
    *("relu", "sigmoid", "tanh", "softmax", "elu", "leaky_relu", "relu6"),
    *("softplus", "softsign", "selu", "gelu", "silu", "linear"),
)
"""The last is none at all: its outputs are behind the graph's, whatever comes after them there."""

DIMENSIONS = ("1D", "2D", "3D")
POOLS = (
    *((f"MaxPooling{n}", f"AveragePooling{n}") for n in DIMENSIONS),
    *((f"GlobalMaxPooling{n}", f"GlobalAveragePooling{n}") for n in DIMENSIONS),
)

CHOICES: dict[str, tuple[Any, ...]] = {
    "padding": ("same", "valid", "causal"),
    "dilation_rate": (1, 2, 3, 4),
    "strides": (1, 2, 3),
    "interpolation": ("nearest", "bilinear"),
    "mask_zero": (True, False),
    "max_value": (None, 6.0),
    "go_backwards": (True, False),
    "reset_after": (True, False),
}
"""Settings that are one of a few."""

KEPT = ("momentum",)
"""Settings that no forward pass in training shows."""
DROPPED = ("rate", "dropout", "recurrent_dropout")
"""Settings that are shares of numbers to drop."""


def activation(case: Case) -> Iterator[Candidate]:
    """Another activation, one too many or one too few."""
    for layer in case.model.layers:
        given = layer.get_config().get("activation")
        if given is None:
            continue
        own = given if isinstance(given, str) else getattr(layer.activation, "__name__", "its own")
        for other in ACTIVATIONS:
            if other == own:
                continue
            what = "none" if other == "linear" else other
            yield _edit(
                case,
                f"activation of layer {layer.name}: {'none' if own == 'linear' else own} in "
                f"Keras, {what} in TensorFlow 1",
                layer.name,
                activation=other,
            )


def _edit(case: Case, cause: str, *names: str, **changes: Any) -> Candidate:
    """A candidate that changes the config of layers."""
    return Candidate(cause, lambda: case.having(edited(names, **changes)), names)


def pooling(case: Case) -> Iterator[Candidate]:
    """The maximum on one side, the average on the other."""
    twins = {one: other for pair in POOLS for one, other in (pair, pair[::-1])}
    for layer in case.model.layers:
        own = type(layer).__name__
        if own not in twins:
            continue
        twin = getattr(layers, twins[own])

        def change(
            other: Any, config: dict[str, Any], name: str = layer.name, twin: Any = twin
        ) -> Any:
            return twin.from_config(config) if other.name == name else None

        yield Candidate(
            f"pooling: layer {layer.name}: {own} in Keras, {twins[own]} in TensorFlow 1",
            lambda change=change: case.having(change),  # type: ignore[misc]
            (layer.name,),
        )


def choices(case: Case) -> Iterator[Candidate]:
    """Another padding, dilation, ..., where the shapes happen to fit."""
    for layer in case.model.layers:
        for setting, values in CHOICES.items():
            own = _single(layer.get_config().get(setting))
            for value in values if own in values else ():
                if value != own:
                    yield _edit(
                        case,
                        f"{setting} of layer {layer.name}: {own} in Keras, {value} in TensorFlow 1",
                        layer.name,
                        **{setting: value},
                    )


def _single(setting: Any) -> Any:
    """The one value of a setting that may be given per dimension."""
    if isinstance(setting, list | tuple) and setting and len(set(setting)) == 1:
        return setting[0]
    return setting


def settings(case: Case) -> Iterator[Candidate]:
    """Another number: a slope, an epsilon, ...; the graph's constants say which."""
    alike: dict[tuple[str, str, float], list[str]] = {}
    for layer in case.model.layers:
        for setting, own in layer.get_config().items():
            if isinstance(own, float) and setting not in KEPT:
                key = (type(layer).__name__, setting, float(f"{own:.7g}"))
                alike.setdefault(key, []).append(layer.name)
    for (kind, setting, own), names in alike.items():
        groups = [tuple(names), *((name,) for name in names if len(names) > 1)]
        for group in groups:
            of = f"all {kind} layers" if len(group) > 1 else f"layer {group[0]}"
            for number in _numbers(case, setting):
                if number != own:
                    yield _edit(
                        case,
                        f"{setting} of {of}: {own:g} in Keras, {number:g} in TensorFlow 1",
                        *group,
                        **{setting: number},
                    )


def _numbers(case: Case, setting: str) -> Iterable[float]:
    """Return which numbers the graph has that could be this one."""
    if setting in DROPPED:
        return dict.fromkeys(filter(None, case.examination.dropped))
    return case.examination.pair.structure.numbers


ALL: tuple[Hypothesis, ...] = (activation, settings, pooling, choices)
