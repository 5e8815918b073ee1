"""Mistakes in what stands where: a layer or a number too many or too few, another order."""

import itertools
from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from training.checking.case import Candidate, Case, Hypothesis
from training.checking.localization import nodes
from training.checking.mistakes.forward import ACTIVATIONS

MOST_BRANCHES = 4
"""Branches of which every order is tried; of more there would be too many."""


def _called(case: Case, cause: str, call: Any, *names: str) -> Candidate:
    """A candidate that calls layers otherwise."""
    return Candidate(cause, lambda: case.having(call=call), names)


def _is(operation: Any, name: str) -> bool:
    return operation.name == name and not isinstance(operation, layers.InputLayer)


def extra_layer(case: Case) -> Iterator[Candidate]:
    """A layer without weights (dropout, scaling, an activation) that only Keras has."""
    for layer in case.model.layers:
        if layer.weights or isinstance(layer, layers.InputLayer | layers.Identity):
            continue

        def drop(other: Any, config: dict[str, Any], name: str = layer.name) -> Any:
            if other.name != name:
                return None
            return layers.Identity(name=name, dtype=config["dtype"])

        yield Candidate(
            f"layer {layer.name} ({type(layer).__name__}) has no counterpart in TensorFlow 1",
            lambda drop=drop: case.having(drop),  # type: ignore[misc]
            (layer.name,),
        )


def missing_factor(case: Case) -> Iterator[Candidate]:
    """A number that TensorFlow 1 multiplies by or divides by, after a layer or the inputs."""
    # Nothing is left to tell of a layer that is times 0.
    numbers = [number for number in case.examination.pair.structure.numbers if number]
    factors = {f"times {number:g}": number for number in numbers}
    factors |= {f"divided by {number:g}": 1 / number for number in numbers}
    for layer in case.model.layers:
        followers = {node.operation.name for node in layer._outbound_nodes}
        first = followers if isinstance(layer, layers.InputLayer) else set()
        for said, factor in factors.items():
            if factor == 1.0:
                continue

            def call(
                one: Any,
                x: Any,
                *rest: Any,
                name: str = layer.name,
                first: set[str] = first,
                by: float = factor,
                **more: Any,
            ) -> Any:
                outputs = one(x * by if one.name in first else x, *rest, **more)
                return outputs * by if _is(one, name) else outputs

            cause = f"factor: what layer {layer.name} gives is {said} in TensorFlow 1"
            yield _called(case, cause, call, *followers)


def missing_activation(case: Case) -> Iterator[Candidate]:
    """An activation after a layer that has no such setting, such as batch norm or a sum."""
    for layer in case.model.layers:
        if "activation" in layer.get_config() or isinstance(layer, layers.InputLayer):
            continue
        followers = [follower.name for follower in _followers(layer)]
        for name in ACTIVATIONS[:-1]:
            function = keras.activations.get(name)

            def call(
                one: Any,
                *given: Any,
                after: str = layer.name,
                function: Any = function,
                **more: Any,
            ) -> Any:
                outputs = one(*given, **more)
                return function(outputs) if _is(one, after) else outputs

            cause = f"activation after layer {layer.name}: none in Keras, {name} in TensorFlow 1"
            yield _called(case, cause, call, *followers)


def order(case: Case) -> Iterator[Candidate]:
    """Two layers in a row the other way round; at most one of them has weights."""
    for one in case.model.layers:
        for other in _followers(one)[:1]:
            if one.weights and other.weights:
                continue
            change = _swapped(one, other)
            yield Candidate(
                f"order of layers: {one.name}, then {other.name} in Keras, the other way round in "
                "TensorFlow 1",
                lambda change=change: case.having(change),  # type: ignore[misc]
                (one.name, other.name),
            )


def _swapped(one: Any, other: Any) -> Any:
    """Return what puts two layers into each other's place."""

    def change(layer: Any, config: dict[str, Any]) -> Any:
        for here, there in ((one, other), (other, one)):
            if layer.name == here.name:
                return type(there).from_config(there.get_config())
        return None

    return change


def _followers(layer: Any) -> list[Any]:
    """Return the layers that take what `layer` gives; none for the inputs."""
    taken = () if isinstance(layer, layers.InputLayer) else getattr(layer, "_outbound_nodes", ())
    return [node.operation for node in taken if isinstance(node.operation, layers.Layer)]


def branches(case: Case) -> Iterator[Candidate]:
    """Branches that are joined in another order."""
    for node in _calls(case.model):
        given = node.arguments.args[0] if node.arguments.args else None
        if not isinstance(given, list | tuple) or not 2 <= len(given) <= MOST_BRANCHES:
            continue
        name = node.operation.name
        for places in list(itertools.permutations(range(len(given))))[1:]:

            def call(
                one: Any, x: Any, *rest: Any, name: str = name, places: Any = places, **more: Any
            ) -> Any:
                return one([x[i] for i in places] if _is(one, name) else x, *rest, **more)

            said = ", ".join(str(place + 1) for place in places)
            yield _called(
                case, f"order of what {name} joins: TensorFlow 1 has Keras' {said}", call, name
            )


def operators(case: Case) -> Iterator[Candidate]:
    """Another number in an operation between layers, such as x / 8.0."""
    for node in _calls(case.model):
        if isinstance(node.operation, layers.Layer):
            continue
        for place, own in enumerate(node.arguments.args):
            if not isinstance(own, float):
                continue
            for number in case.examination.pair.structure.numbers:
                name = node.operation.name

                def call(
                    one: Any,
                    *given: Any,
                    name: str = name,
                    place: int = place,
                    number: float = number,
                    **more: Any,
                ) -> Any:
                    if _is(one, name):
                        given = (*given[:place], number, *given[place + 1 :])
                    return one(*given, **more)

                if number != own:
                    yield _called(
                        case,
                        f"number of {name}: {own:g} in Keras, {number:g} in TensorFlow 1",
                        call,
                        name,
                    )


def _calls(model: keras.Model) -> list[Any]:
    return [node for node in nodes(model) if not node.is_input]


FIRST: tuple[Hypothesis, ...] = (extra_layer, order, branches, operators)
LAST: tuple[Hypothesis, ...] = (missing_activation, missing_factor)
"""Which can do the same as another setting of a layer, and say it less well."""
