"""A pair as plain values, from which both sides are written: a net, a loss, an optimizer.

A mistake is an edit of such values for the Keras side alone.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Part:
    """A layer, or what stands between layers; `inner` are the nets of a branching part."""

    kind: str
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    inner: tuple["Net", ...] = ()

    def having(self, **options: Any) -> "Part":
        """Return the part with other options."""
        return dataclasses.replace(self, options={**self.options, **options})


Net = tuple[Part, ...]
Place = tuple[int, ...]
"""Index of a part; within a branching part: its index, the branch's, the inner part's, ..."""


def part(kind: str, name: str = "", *inner: Net, **options: Any) -> Part:
    """Return a part; options that are not given are the kind's own."""
    return Part(kind, name, options, inner)


@dataclass(frozen=True)
class Recipe:
    """A pair: what both sides compute and how they are trained."""

    name: str
    shape: tuple[int, ...]
    net: Net
    loss: Part = Part("softmax")
    optimizer: Part = Part("adam")
    penalties: Mapping[str, float] = field(default_factory=dict)
    """Layer -> c, where c * sum(w^2) of its kernel is added to the cost."""
    frozen: tuple[str, ...] = ()
    ids: int | None = None
    """Rows of the table that x looks up; None: x holds floats."""

    def having(self, **changes: Any) -> "Recipe":
        """Return the recipe with fields changed."""
        return dataclasses.replace(self, **changes)

    def parts(self) -> Iterator[tuple[Place, Part]]:
        """Yield every part with its place, inner ones after their outer one."""
        yield from _parts(self.net, ())

    def replaced(self, place: Place, *parts: Part) -> "Recipe":
        """Return the recipe with other parts, or none, at a place."""
        return self.having(net=_replaced(self.net, place, parts))


def _parts(net: Net, above: Place) -> Iterator[tuple[Place, Part]]:
    for index, one in enumerate(net):
        yield (*above, index), one
        for branch, inner in enumerate(one.inner):
            yield from _parts(inner, (*above, index, branch))


def _replaced(net: Net, place: Place, parts: tuple[Part, ...]) -> Net:
    index, *below = place
    if below:
        branch, *rest = below
        inner = list(net[index].inner)
        inner[branch] = _replaced(inner[branch], tuple(rest), parts)
        parts = (dataclasses.replace(net[index], inner=tuple(inner)),)
    return (*net[:index], *parts, *net[index + 1 :])
