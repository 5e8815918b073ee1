"""How much a file may unfold to, whatever is said in it."""

ALWAYS = 2**26
"""Bytes that a file of any size may unfold to: a bias of zeros, rows that are mostly black."""
TIMES = 16
"""And what a bigger file may, times its own bytes. Digits deflate to a fifth, weights hardly."""


def most_bytes(size: int) -> int:
    """Return how many bytes a file of `size` bytes may unfold to, all that is in it together."""
    return max(ALWAYS, TIMES * size)
