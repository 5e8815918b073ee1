"""The one error that a user can mend: it ends the command with exit status 2 and no traceback."""


class UserError(Exception):
    """Its message says what was given, what was expected and what to do, in a few lines."""


def first_line(error: BaseException) -> str:
    """Return the first line of what `error` says; the name of its type where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
