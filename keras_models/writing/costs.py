"""How a cost is added up, as the formula of a TF1Cost."""

from collections.abc import Iterator, Mapping, Sequence

from tf1_compat.network import Added, Loss, Network, Part, Penalty, Scaled

PENALTIES = "penalties"


def formula(network: Network) -> str | None:
    """Return the formula; None where the cost is one loss, or where no formula says it."""
    total = network.total
    if total is None or isinstance(total, int):
        return None
    if isinstance(total, Scaled) and isinstance(total.of, int) and not total.over:
        return None
    held = [one.variable for one in _penalties(total)]
    if len({*held}) < len(held) or {*held} != {*network.penalties}:
        return None
    text = _text(total, network.losses)
    return text if text.count(PENALTIES) <= 1 else None


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


def _text(part: Part, losses: Sequence[Loss]) -> str:
    match part:
        case Penalty():
            return PENALTIES
        case Scaled():
            inner = _inner(part.of, losses)
            return f"{inner} / {part.by}" if part.over else f"{part.by} * {inner}"
        case Added():
            return _sum(part, losses)
        case _:
            name = "loss" if len(losses) == 1 else f"loss_{part + 1}"
            factor = losses[part].within
            return name if factor == 1 else f"{factor} * {name}"


def _inner(part: Part, losses: Sequence[Loss]) -> str:
    """Return a part that stands within another one."""
    if isinstance(part, Added) and part.how == "sum":
        return f"sum({', '.join(_terms(part, losses))})"
    text = _text(part, losses)
    return f"({text})" if isinstance(part, Scaled) or "*" in text.partition("(")[0] else text


def _sum(part: Added, losses: Sequence[Loss]) -> str:
    terms = _terms(part, losses)
    return " + ".join(terms) if part.how == "sum" else f"{part.how}({', '.join(terms)})"


def _terms(part: Added, losses: Sequence[Loss]) -> list[str]:
    """Return what is added up, penalties side by side as one."""
    texts: list[str] = []
    for one in part.terms:
        text = _inner(one, losses) if isinstance(one, Added) else _text(one, losses)
        if (texts[-1:], text) != ([PENALTIES], PENALTIES):
            texts.append(text)
    return texts
