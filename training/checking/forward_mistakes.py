"""Mistakes in what the layers compute: activations, pooling, padding, a layer too many."""

from collections.abc import Iterator
from typing import Any

import keras

from training.checking.case import Candidate, Case, Hypothesis, edited

ACTIVATIONS = (
    *("linear", "relu", "sigmoid", "tanh", "softmax", "elu", "leaky_relu", "relu6"),
    *("softplus", "softsign", "selu", "gelu", "silu"),
)

TWINS = {
    keras.layers.MaxPooling2D: keras.layers.AveragePooling2D,
    keras.layers.AveragePooling2D: keras.layers.MaxPooling2D,
    keras.layers.GlobalMaxPooling2D: keras.layers.GlobalAveragePooling2D,
    keras.layers.GlobalAveragePooling2D: keras.layers.GlobalMaxPooling2D,
}


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
            change = edited(layer.name, activation=other)
            yield Candidate(
                f"activation of layer {layer.name}: {'none' if own == 'linear' else own} in "
                f"Keras, {what} in TensorFlow 1",
                lambda change=change: case.having(change),  # type: ignore[misc]
            )


def extra_layer(case: Case) -> Iterator[Candidate]:
    """A layer without weights (dropout, scaling, an activation) that only Keras has."""
    for layer in case.model.layers:
        if layer.weights or isinstance(layer, keras.layers.InputLayer | keras.layers.Identity):
            continue

        def drop(other: Any, config: dict[str, Any], name: str = layer.name) -> Any:
            if other.name != name:
                return None
            return keras.layers.Identity(name=name, dtype=config["dtype"])

        yield Candidate(
            f"layer {layer.name} ({type(layer).__name__}) has no counterpart in TensorFlow 1",
            lambda drop=drop: case.having(drop),  # type: ignore[misc]
        )


def pooling(case: Case) -> Iterator[Candidate]:
    """The maximum on one side, the average on the other."""
    for layer in case.model.layers:
        twin = TWINS.get(type(layer))
        if twin is None:
            continue

        def change(
            other: Any, config: dict[str, Any], name: str = layer.name, twin: Any = twin
        ) -> Any:
            return twin.from_config(config) if other.name == name else None

        yield Candidate(
            f"pooling: layer {layer.name} is a {type(layer).__name__}, TensorFlow 1's a "
            f"{twin.__name__}",
            lambda change=change: case.having(change),  # type: ignore[misc]
        )


def padding(case: Case) -> Iterator[Candidate]:
    """`same` on one side, `valid` on the other, where the shapes happen to fit."""
    for layer in case.model.layers:
        own = layer.get_config().get("padding")
        if own not in ("same", "valid"):
            continue
        other = "valid" if own == "same" else "same"
        change = edited(layer.name, padding=other)
        yield Candidate(
            f"padding of layer {layer.name}: {own} in Keras, {other} in TensorFlow 1",
            lambda change=change: case.having(change),  # type: ignore[misc]
        )


KEPT = ("rate", "momentum", "dropout", "recurrent_dropout")
"""Settings that no forward pass in training shows."""


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
            for number in case.examination.pair.structure.numbers:
                if number == own:
                    continue
                change = edited(group, **{setting: number})
                yield Candidate(
                    f"{setting} of {of}: {own:g} in Keras, {number:g} in TensorFlow 1",
                    lambda change=change: case.having(change),  # type: ignore[misc]
                )


ALL: tuple[Hypothesis, ...] = (extra_layer, activation, settings, pooling, padding)
