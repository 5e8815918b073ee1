"""Mistakes in what is clipped: a least or largest number that only TensorFlow 1 has."""

import itertools
from collections.abc import Iterator
from typing import Any

import keras

from tf1_compat.reading import thresholds
from training.checking.case import Candidate, Case


def missing_clip(case: Case) -> Iterator[Candidate]:
    """A clip after a layer, by numbers that the graph clips by."""
    bounds = itertools.product(_limits(case, "Maximum"), _limits(case, "Minimum"))
    for (least, largest), layer in itertools.product(bounds, case.model.layers):

        def call(
            one: Any,
            *given: Any,
            name: str = layer.name,
            least: float | None = least,
            largest: float | None = largest,
            **more: Any,
        ) -> Any:
            outputs = one(*given, **more)
            if one.name == name and largest is not None:
                outputs = keras.ops.minimum(outputs, largest)
            if one.name == name and least is not None:
                outputs = keras.ops.maximum(outputs, least)
            return outputs

        said = [f"{size:g}" for size in (least, largest) if size is not None]
        if said:
            yield Candidate(
                f"clip after layer {layer.name}: none in Keras, at {' and '.join(said)} in "
                "TensorFlow 1",
                lambda call=call: case.having(call=call),  # type: ignore[misc]
                (layer.name, *(node.operation.name for node in layer._outbound_nodes)),
                least="forward",  # a clip where nothing is clipped is right anywhere
            )


def _limits(case: Case, kind: str) -> list[float | None]:
    """Return the numbers that ops of a kind clip by in the graph, to float32's digits, and None."""
    pair = case.examination.pair
    found = thresholds.of_graph(pair.graph, pair.inspection)
    clips = [one.limit for one in found if one.op.type == kind and not one.guard]
    return [None, *{float(f"{limit:.7g}"): None for limit in clips if isinstance(limit, float)}]
