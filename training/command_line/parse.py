"""The command line's arguments: parsed, or refused in one sentence where tyro draws a box.

parse(Command, ["compare", "--epochs", "many"])
->  UserError: Error parsing --epochs: invalid literal for int() with base 10: 'many'.
    See tf1keras compare --help
"""

import contextlib
import io
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any, get_args

import tyro

from training.command_line import help_page
from training.errors import UserError

DESCRIPTION = "Is my Keras rewrite still my TensorFlow 1 model? Train both on MNIST and see."
PROGRAM = "tf1keras"
LONGEST = 400
"""Characters that are shown of what tyro says, which quotes what was given."""
FRAME = set("│╰╯─- ")
"""What tyro draws its boxes with, in UTF-8 and elsewhere."""


def parse(command: Any, arguments: Sequence[str]) -> Any:
    """Return the options of the command that `arguments` ask for.

    Raises UserError for what is no command, option or value, and SystemExit after `--help`.
    """
    for argument in arguments:
        check_text(argument)
    box, page = io.StringIO(), _Page()
    try:
        with contextlib.redirect_stderr(box), contextlib.redirect_stdout(page):
            return tyro.cli(command, prog=PROGRAM, description=DESCRIPTION, args=arguments)
    except SystemExit as left:
        if not left.code:
            print(help_page.laid_out(page.getvalue()), end="")
            raise
        commands = [get_args(one)[1].name for one in get_args(command)]
        asked = " ".join([PROGRAM, *(word for word in arguments[:1] if word in commands)])
        raise UserError(f"{_sentence(box.getvalue())}\nSee {asked} --help") from left


class _Page(io.StringIO):
    """Where help is printed to, to be laid out before it is shown on standard output."""

    def __init__(self) -> None:
        super().__init__()
        self._screen = sys.stdout

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._screen.encoding

    def isatty(self) -> bool:
        """Whether to colour it: tyro knows nothing of NO_COLOR."""
        return self._screen.isatty() and not os.environ.get("NO_COLOR")


def check_text(name: str) -> None:
    """Raise UserError for a name that no screen and no table can show as it is.

    Control characters would move the cursor, and bytes that are no UTF-8 cannot be written.
    """
    if any(map(_moves, name)):
        raise UserError(
            f"{name!r}: expected a name without control characters, in UTF-8; rename it."
        )


def plain(text: str) -> str:
    """Return a message that quotes a file with its control characters written out."""
    return "".join(repr(one)[1:-1] if one != "\n" and _moves(one) else one for one in text)


def _moves(letter: str) -> bool:
    """Whether it is a control character, or a byte that is no UTF-8."""
    return unicodedata.category(letter) in ("Cc", "Cs")


def _sentence(box: str) -> str:
    """Return what a box of tyro's says, without title, frame and the options' help."""
    parts: list[list[str]] = [[]]
    for line in re.sub(help_page.COLOUR, "", box).splitlines()[1:]:
        inside = line[2:].rstrip(" │")
        if set(line) <= FRAME:
            parts.append([])
        elif not inside.startswith(" " * 8):
            parts[-1].append(inside.strip())
    first, *others = [part for part in parts if part] or [["The arguments cannot be understood"]]
    said = " ".join(first).rstrip(".")
    for part in others:
        if part[0] == "Perhaps you meant:" and part[1:]:
            said += f"; perhaps you meant {part[1]}"
    return f"{said[:LONGEST]}."
