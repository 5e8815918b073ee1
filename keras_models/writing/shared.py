"""How layers' variables begin and what they cost, as arguments; what several share has a name."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from keras_models.writing import variables, weights
from keras_models.writing.expressions import Calling, Name
from keras_models.writing.lines import Line, assigned
from keras_models.writing.names import identifier
from tf1_compat.network import Forward, Layer

Arguments = Mapping[str, Any]


class Shared(NamedTuple):
    """What stands before the layers, and what each takes of it."""

    lines: list[Line]
    arguments: Mapping[int, Arguments]
    """Layer, by id -> its initializers and regularizers."""
    names: frozenset[str]
    """What the lines give a value."""


def of(network: Forward) -> Shared:
    """Return the arguments of every layer; where two take one, or the same several, it is named."""
    within = (call.layer.options.get("layer") for call in network.calls)
    all_layers = [*(call.layer for call in network.calls), *filter(None, within)]
    every = {id(one): _arguments(one, network) for one in all_layers}
    lines, taken = list[Line](), set[str]()

    def name(value: Any, wanted: str) -> Name:
        found = Name(identifier(wanted, taken))
        lines.append(assigned(found.name, value))
        return found

    made = [one for given in every.values() for one in given.values() if isinstance(one, Calling)]
    repeated, seed = _repeated(made), _seed(network)
    drawing = [one for one in repeated if _draws(one)]
    one_for_all = name(seed, "seed") if len(drawing) > 1 else seed
    named = [
        (one, name(_seeded(one, one_for_all) if one in drawing else one, _called(one)))
        for one in repeated
    ]
    every = {
        key: {
            argument: next((name for one, name in named if one == value), value)
            for argument, value in given.items()
        }
        for key, given in every.items()
    }
    several = [given for given in every.values() if len(given) > 1]
    options = [(given, name(given, "options")) for given in _repeated(several)]
    arguments = {
        key: next(({"**": name} for one, name in options if one == given), given)
        for key, given in every.items()
    }
    return Shared(lines, arguments, frozenset(taken))


def _arguments(layer: Layer, network: Forward) -> dict[str, Any]:
    found = dict[str, Any]()
    each = [(named, role) for role in layer.variables for named in weights.arguments(layer, role)]
    for named, role in each:
        variable = layer.variables[role]
        if beginning := network.beginnings.get(variable):
            found[f"{named}_initializer"] = variables.initializer(named, beginning)
        if sizes := network.penalties.get(variable):
            found[f"{named}_regularizer"] = variables.penalty(sizes)
    return {name: one for name, one in found.items() if one is not None}


def _repeated(values: Iterable[Any]) -> list[Any]:
    """Return what is there more than once, each once."""
    every, found = [*values], list[Any]()
    for place, one in enumerate(every):
        if one in every[:place] and one not in found:
            found.append(one)
    return found


def _called(value: Calling) -> str:
    if re.search(r"L\d$", value.function):
        return "penalty"
    return re.findall("[A-Z][a-z]+", value.function)[-1].lower()  # normal, uniform, constant


def _draws(value: Calling) -> bool:
    return ".initializers." in value.function and not value.function.endswith("Constant")


def _seed(network: Forward) -> Calling:
    """Return what gives other random numbers to each variable; the graph's seed, if it has one."""
    seeds = {one.seed for one in network.beginnings.values()} - {None}
    return Calling("keras.random.SeedGenerator", [*seeds] if len(seeds) == 1 else [])


def _seeded(value: Calling, seed: Calling | Name) -> Calling:
    return Calling(value.function, value.positional, {**value.named, "seed": seed})
