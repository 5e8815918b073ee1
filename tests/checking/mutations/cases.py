"""What is examined: every mistake singly, some in pairs, every right way of writing."""

import itertools
import random
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.checking.mutations import mistakes, recipes, rules
from tests.checking.mutations.mistake import Mistake, Words
from tests.checking.mutations.model import PROBABILITIES, Style
from tests.checking.mutations.recipe import Recipe

PAIRS = 4
"""Pairs of mistakes in each recipe."""
TRIED = 4 * PAIRS
"""Pairs that are looked at, for some do not matter."""
ONLY_FUNCTIONAL = {"add", "concat", "multiply", "attention", "column"}
STYLES: Mapping[str, Style] = {
    "functional": Style(),
    "names of Keras' own": Style(named=False),
    "operators": Style(operators=True),
    "sequential": Style("sequential"),
    "nested": Style("nested"),
    "subclassed": Style("subclassed"),
    "probabilities": Style(probabilities=True),
}


class Case(NamedTuple):
    """A recipe, and how its Keras side is written; right where there are no words."""

    kind: str
    """right, single or pair."""
    recipe: Recipe
    name: str
    keras: Recipe
    words: tuple[Words, ...] = ()
    """For each mistake what a cause that names it has in it."""
    style: Style = Style()
    steps: tuple[Recipe, ...] = ()
    """From the right recipe to the wrong one, one mistake more each."""


def cases() -> Iterator[Case]:
    """Yield every case, always in the same order."""
    for recipe in (*recipes.RECIPES, *rules.RECIPES):
        yield from _right(recipe)
        yield from map(lambda wrong, of=recipe: _single(of, wrong), mistakes.of(recipe))
        yield from _pairs(recipe)


def _right(recipe: Recipe) -> Iterator[Case]:
    kinds = {one.kind for _, one in recipe.parts()}
    for name, style in STYLES.items():
        if style.form == "sequential" and kinds & ONLY_FUNCTIONAL:
            continue
        if style.probabilities and recipe.loss.kind not in PROBABILITIES:
            continue
        yield Case("right", recipe, name, recipe, style=style)


def _single(recipe: Recipe, wrong: Mistake) -> Case:
    return Case("single", recipe, wrong.name, wrong.recipe, (wrong.words,), steps=(wrong.recipe,))


def _pairs(recipe: Recipe) -> Iterator[Case]:
    """Two mistakes in two places: so many that at least PAIRS of them should matter."""
    every = list(itertools.combinations(mistakes.of(recipe), 2))
    apart = [(one, other) for one, other in every if one.family != other.family]
    for one, other in random.Random(recipe.name).sample(apart, TRIED):
        both = next((m for m in mistakes.of(one.recipe) if m.name == other.name), None)
        if both is not None:
            yield Case(
                "pair",
                recipe,
                f"{one.name} + {other.name}",
                both.recipe,
                (one.words, other.words),
                steps=(one.recipe, both.recipe),
            )


def matter(case: Case) -> bool:
    """Whether every mistake of the case matters, with those before it made."""
    from tests.checking.mutations.matters import matters

    return all(itertools.starmap(matters, itertools.pairwise((case.recipe, *case.steps))))


class Outcome(NamedTuple):
    """What `check` said of a case."""

    kind: str
    recipe: str
    name: str
    verdict: str
    """The verdict; refused: an error that says why; crashed; no matter: not examined."""
    named: bool
    said: list[str]
    seconds: float


def outcome(case: Case) -> Outcome:
    """Examine a case, unless its mistake does not matter, or its shapes make no model."""
    try:
        if case.kind == "right" or matter(case):
            return examined(case)
        verdict = "no matter"
    except (ValueError, TypeError) as error:
        verdict = f"no model: {error}"
    return Outcome(case.kind, case.recipe.name, case.name, verdict[:200], False, [], 0.0)


def examined(case: Case) -> Outcome:
    """Examine a case as `tf1keras check` does."""
    from tests.checking.mutations.graph import builder
    from tests.checking.mutations.model import maker
    from tests.support.examining import examine
    from training.errors import UserError

    began = time.monotonic()
    names: dict[str, Any] = {
        "tf1_graph": builder(case.recipe),
        "keras_model": maker(case.keras, case.style),
    }
    causes: list[str] = []
    try:
        found = examine(names)
        verdict, causes = found.verdict, [one.cause for one in found.causes]
        said = [*causes, found.unexplained or ""]
    except UserError as error:
        verdict, said = "refused", [str(error)]
    except Exception as error:  # what is counted
        verdict, said = "crashed", [f"{type(error).__name__}: {error}"]
    named = all(any(all(word in one for word in words) for one in causes) for words in case.words)
    seconds = round(time.monotonic() - began, 1)
    return Outcome(case.kind, case.recipe.name, case.name, verdict, named, said, seconds)
