"""How a cost is added up, as the formula of a TF1Cost."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from keras_models.writing import model, weights
from keras_models.writing.losses import Cost
from tf1_compat.network import Added, Loss, Network, Part, Penalty, Scaled

PENALTIES = "penalties"


def of(network: Network) -> Cost | None:
    """Return the cost; None where it is one loss, or where no formula says it."""
    total = network.total
    if total is None or isinstance(total, int):
        return None
    if isinstance(total, Scaled) and isinstance(total.of, int) and not total.over:
        return None
    held = [one.variable for one in _penalties(total)]
    if len({*held}) < len(held) or {*held} != {*network.penalties}:
        return None
    return Cost(_Formula(network.losses, held).text(total), _order(network, held))


def penalties(network: Network) -> Mapping[str, Mapping[str, float]]:
    """Return the penalties that the formula adds up."""
    found = _penalties(network.total) if network.total is not None else ()
    return {one.variable: {one.kind: one.scale} for one in found}


def _penalties(part: Part) -> Iterator[Penalty]:
    match part:
        case Penalty():
            yield part
        case Scaled():
            yield from _penalties(part.of)
        case Added():
            for one in part.terms:
                yield from _penalties(one)


def _order(network: Network, held: Sequence[str]) -> list[str] | None:
    """Return the paths of weights in the order of their penalties, where that is not the model's.

    Layers of a functional model are in an order of its own.
    """
    paths = {
        variable: weights.recipe(call.layer, role)
        for call in network.calls
        for role, variable in call.layer.variables.items()
    }
    in_order = [variable for variable in paths if variable in held]
    if len(held) < 2 or (in_order == [*held] and model.is_chain(network)):
        return None
    return [str(paths[variable]) for variable in held]


class _Formula:
    """Writes parts of a cost of these losses, whose penalties are of variables in this order."""

    def __init__(self, losses: Sequence[Loss], held: Sequence[str]) -> None:
        self.losses, self.held = losses, held

    def text(self, part: Part) -> str:
        match part:
            case Penalty():
                place = self.held.index(part.variable)
                return self._of_penalties(place, place)
            case Scaled():
                inner = self._inner(part.of)
                return f"{inner} / {part.by}" if part.over else f"{part.by} * {inner}"
            case Added("sum"):
                return " + ".join(self._terms(part))
            case Added():
                return f"{part.how}({', '.join(self._terms(part))})"
        name = "loss" if len(self.losses) == 1 else f"loss_{part + 1}"
        factor = self.losses[part].within
        return name if factor == 1 else f"{factor} * {name}"

    def _inner(self, part: Part) -> str:
        """Return a part that stands within another one."""
        if isinstance(part, Added) and part.how == "sum":
            return f"sum({', '.join(self._terms(part))})"
        text = self.text(part)
        return f"({text})" if " " in text.partition("(")[0] else text

    def _terms(self, part: Added) -> list[str]:
        """Return what is added up, penalties side by side as one."""
        texts = list[str]()
        for _, terms in itertools.groupby(part.terms, lambda one: isinstance(one, Penalty)):
            each = [*terms]
            if places := [
                self.held.index(one.variable) for one in each if isinstance(one, Penalty)
            ]:
                texts.append(self._of_penalties(places[0], places[-1]))
            else:
                texts += [
                    self._inner(one) if isinstance(one, Added) else self.text(one) for one in each
                ]
        return texts

    def _of_penalties(self, first: int, last: int) -> str:
        if (first, last + 1) == (0, len(self.held)):
            return PENALTIES
        return f"{PENALTIES}[{first}:{last + 1}]"
