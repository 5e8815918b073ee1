"""The page that --help prints: sentences laid out anew, and no default that says nothing."""

import dataclasses
import functools
import inspect
import re
import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import docstring_parser
import tyro

WORDS: Mapping[type, str] = {Path: "PATH", int: "INT", float: "FLOAT", str: "TEXT"}
"""Type -> what stands for a value of it; tyro says STR of text."""
SAYS_NOTHING = ("", "None", "False", "()")
"""Defaults that say only that an option was not given."""
COLOUR = "\x1b\\[[0-9;]*m"
"""On a terminal."""


def describe(options: type) -> None:
    """Give each field of a dataclass, and of those that it inherits from, its docstring as help.

    tyro by itself keeps the line breaks of the source.
    """
    for one in filter(dataclasses.is_dataclass, options.__mro__):
        _describe_its_own(one)


@functools.cache  # once is enough: what is described again is parsed more slowly each time
def _describe_its_own(one: type) -> None:
    hints = get_type_hints(one, include_extras=True)
    parsed = docstring_parser.parse_from_object(one).params
    said = {part.arg_name: " ".join((part.description or "").split()) for part in parsed}
    for name in inspect.get_annotations(one):
        one.__annotations__[name] = _described(hints[name], said.get(name))


def _described(hint: Any, said: str | None) -> Any:
    """Return a type with the help, the word and the default that tyro is to show."""
    kept = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    plain = get_args(hint)[0] if kept else hint
    given: dict[str, Any] = {"help": said} if said else {}
    if word := _word(plain, tyro.conf.UseAppendAction in kept):
        given["metavar"] = word
    if tyro.conf.UseAppendAction not in kept:
        given["help_behavior_hint"] = _default
    return Annotated[plain, tyro.conf.arg(**given), *kept]  # what it has of its own wins


def _word(kind: Any, one_by_one: bool) -> str | None:
    """Return what stands for a value of a type, or None where tyro knows it."""
    parts = get_args(kind)
    if one_by_one:
        return WORDS.get(parts[0])
    if type(None) in parts:  # that an option may be left out need not be said
        (kind,) = (one for one in parts if one is not type(None))
        if get_origin(kind) is Literal:
            return f"{{{','.join(get_args(kind))}}}"
        if get_origin(kind) is tuple:
            return "[{0} [{0} ...]]".format(WORDS[get_args(kind)[0]])
    return WORDS.get(kind)


def _default(value: str) -> str:
    return "" if value in SAYS_NOTHING else f"(default: {value})"


def laid_out(page: str) -> str:
    """Return a page with the lines that are longer than the screen broken between words.

    What is no help, as the completion of a shell, stays as it is.
    """
    if not re.sub(COLOUR, "", page).startswith("usage:"):
        return page
    width = shutil.get_terminal_size().columns
    return "\n".join(_broken(line, width) for line in page.split("\n"))


def _broken(line: str, width: int) -> str:
    plain = re.sub(COLOUR, "", line)
    if len(plain) <= width or line.startswith(("│", "╭", "╰")):
        return line
    if plain.startswith("usage:"):  # names of commands stay whole
        plain = plain.replace(",", ", ")
    return textwrap.fill(plain, width)
