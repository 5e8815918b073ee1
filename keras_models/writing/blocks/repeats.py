"""Where a network does the same again: runs of calls of the same kinds, joined in one way."""

import os
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from tf1_compat.network import Call

SHORTEST, LONGEST = 2, 40
"""Calls of a run."""
LEAST, LONG = 3, 5
"""Times that a run comes; twice is enough for one of so many calls."""


class Repeat(NamedTuple):
    """Runs that are alike; each takes one tensor, and gives one."""

    length: int
    starts: tuple[int, ...]
    """Places of their first calls."""

    @property
    def saved(self) -> int:
        """How many calls need not be written where there is a function of it."""
        return self.length * (len(self.starts) - 1)

    @property
    def pays(self) -> bool:
        """Whether a function of it makes the source shorter."""
        return len(self.starts) >= (2 if self.length >= LONG else LEAST)

    @property
    def places(self) -> set[int]:
        """The places of all its calls."""
        return {start + more for start in self.starts for more in range(self.length)}


def beside(chosen: Repeat, others: Iterable[Repeat]) -> list[Repeat]:
    """Return the others without the runs that share a call with a chosen one, the best first."""
    left = []
    for one in others:
        starts = (at for at in one.starts if chosen.places.isdisjoint(range(at, at + one.length)))
        left.append(Repeat(one.length, tuple(starts)))
    return sorted((one for one in left if one.pays), key=lambda one: (-one.saved, -one.length))


def find(
    calls: Sequence[Call], ends: Iterable[str], left_out: set[int], arguments: Mapping[int, Mapping]
) -> list[Repeat]:
    """Return what repeats, the longest in all first; the network ends with the tensors `ends`.

    Layers, by id, that are `left_out` are in no run.
    """
    takers = defaultdict[str, list[int]](list)
    for place, call in enumerate(calls):
        for tensor in call.inputs:
            takers[tensor].append(place)
    for tensor in ends:
        takers[tensor].append(len(calls))
    alike = defaultdict[tuple, list[int]](list)
    for length in range(SHORTEST, min(LONGEST, len(calls) // 2) + 1):
        for start in range(len(calls) - length + 1):
            run = calls[start : start + length]
            if not left_out & {id(one.layer) for one in run} and (
                joined := _joined(run, start, takers)
            ):
                how = tuple((one.layer.kind, *_given(one, arguments)) for one in run)
                alike[joined, how].append(start)
    found = [Repeat(len(how), _apart(starts, len(how))) for (_, how), starts in alike.items()]

    def order(repeat: Repeat) -> tuple[int, int, bool, bool]:
        """The most lines saved, the longest run, one in a scope, one that begins with weights."""
        starts, length = repeat.starts, repeat.length
        scopes = [_scope(calls[one : one + length]) for one in starts]
        first = calls[starts[0]].layer
        return (
            length - length * len(starts),
            length,
            len({*scopes}) < len(scopes),
            not first.variables,
        )

    return sorted((one for one in found if one.pays), key=order)


def _joined(
    run: Sequence[Call], start: int, takers: Mapping[str, Sequence[int]]
) -> tuple[tuple[int, ...], ...] | None:
    """Return the calls that each takes, -1 for what comes from outside; None where it is no run."""
    places = {call.output: place for place, call in enumerate(run)}
    outside = {tensor for call in run for tensor in call.inputs if tensor not in places}
    within = range(start, start + len(run))
    kept = all(taker in within for call in run[:-1] for taker in takers[call.output])
    if len(outside) != 1 or not kept:
        return None
    return tuple(tuple(places.get(tensor, -1) for tensor in call.inputs) for call in run)


def _given(call: Call, arguments: Mapping[int, Mapping]) -> tuple[Hashable, ...]:
    """Return what is said of a layer, without the values."""
    return bool(call.layer.name), *sorted(call.layer.options), *sorted(arguments[id(call.layer)])


def _scope(run: Sequence[Call]) -> str:
    """Return the scope, innermost, that all calls of a run are in."""
    return os.path.commonpath([f"/{call.output}" for call in run])


def _apart(starts: Sequence[int], length: int) -> tuple[int, ...]:
    found: list[int] = []
    for start in starts:
        if not found or start >= found[-1] + length:
            found.append(start)
    return tuple(found)
