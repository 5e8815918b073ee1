"""The one error that a user can mend: it ends the command with exit status 2 and no traceback."""


class UserError(Exception):
    """Its message says what was given, what was expected and what to do, in a few lines."""
