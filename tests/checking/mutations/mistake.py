"""A mistake as an edit of a recipe, and the words that name it."""

from typing import NamedTuple

from tests.checking.mutations.recipe import Recipe

Words = tuple[str, ...]


class Mistake(NamedTuple):
    """A wrong recipe for the Keras side; a cause names it that has all `words` in it."""

    name: str
    recipe: Recipe
    words: Words
    family: str = ""
    """Where it is: the layers, the loss, ..."""
