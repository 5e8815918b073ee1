"""Names of the layers of several blocks as one text each, with what differs in its place."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class Template(NamedTuple):
    """Names that differ from block to block by a prefix, or by numbers."""

    texts: list[str]
    """Source of each layer's name."""
    within: list[str]
    """What each is called within its block; empty where that is not known."""
    given: dict[str, list[Any]]
    """Parameter -> its value for each block."""

    @property
    def word(self) -> str | None:
        """The last word, without a number, of the names of all blocks."""
        last = set()
        for name in self.given.get("name", ()):
            words = [re.sub(r"\d+[a-z]?$", "", word) for word in name.split("_")]
            last.add(next((word for word in reversed(words) if len(word) > 1), None))
        return last.pop() if len(last) == 1 else None


def of(names: Sequence[Sequence[str]]) -> Template | None:
    """Return the template of the names that the layers of each block have; None if there is none.

    block_1_conv, block_1_bn; ... is {name}_conv, {name}_bn; conv_3, bn_3; ... is conv_{number}, ...
    """
    return _by_prefix(names) or _by_number(names)


def _by_prefix(names: Sequence[Sequence[str]]) -> Template | None:
    prefixes = [next(_prefixes(of_one), "") for of_one in names]
    rests = [
        [name.removeprefix(prefix) for name in of_one]
        for prefix, of_one in zip(prefixes, names, strict=True)
    ]
    if "" in prefixes or any(one != rests[0] for one in rests):
        return None
    texts = [f'f"{{name}}{rest}"' if rest else "name" for rest in rests[0]]
    return Template(texts, [rest.strip("_") for rest in rests[0]], {"name": prefixes})


def _prefixes(names: Sequence[str]) -> Iterator[str]:
    """Yield what all names begin with, whole words of it, the longest first."""
    for end in range(len(names[0]), 0, -1):
        whole = names[0][:end]
        if all(re.match(rf"{re.escape(whole)}(_|$)", name) for name in names):
            yield whole


def _by_number(names: Sequence[Sequence[str]]) -> Template | None:
    given: dict[str, list[Any]] = {}
    texts = []
    for of_layer in zip(*names, strict=True):
        parts = [re.split(r"(0|[1-9]\d*)", name) for name in of_layer]
        if len({len(one) for one in parts}) > 1:
            return None
        text = ""
        for place, of_part in enumerate(zip(*parts, strict=True)):
            if len({*of_part}) == 1:
                text += of_part[0]
            elif place % 2:
                text += _number([*map(int, of_part)], given)
            else:
                return None
        texts.append(f'f"{text}"' if "{" in text else f'"{text}"')
    return Template(texts, [""] * len(texts), given)


def _number(numbers: list[int], given: dict[str, list[Any]]) -> str:
    """Return numbers in terms of a parameter that is `given`, or of a new one."""
    for name, values in given.items():
        apart = {number - value for number, value in zip(numbers, values, strict=True)}
        if len(apart) == 1:
            (more,) = apart
            return f"{{{name}{f' {more:+d}' if more else ''}}}".replace(" +", " + ").replace(
                " -", " - "
            )
    name = f"number_{len(given) + 1}" if given else "number"
    given[name] = numbers
    return f"{{{name}}}"
