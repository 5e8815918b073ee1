"""What a look gives that has no place on the ladder."""

from dataclasses import dataclass

from training.checking.search import Explanation
from training.parity.ladder import Rung


@dataclass(frozen=True)
class Seen:
    """What one look gave."""

    difference: Explanation | None = None
    not_compared: str | None = None
    rung: Rung | None = None
    """Of what has no place on the ladder."""
