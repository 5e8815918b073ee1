"""The one error that a user can mend: it ends the command with exit status 2 and no traceback."""

from tf1_compat.errors import first_line

__all__ = ["UnusableState", "UserError", "first_line", "printable"]


class UserError(Exception):
    """Its message says what was given, what was expected and what to do, in a few lines."""


def printable(text: str) -> str:
    """Return what a file says of itself, on one line that does nothing to the screen."""
    return "".join(one if one.isprintable() else "?" for one in text)


class UnusableState(UserError):
    """What a run saved on its way is damaged or another run's: nothing can go on from it."""
