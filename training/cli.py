"""The command line: parse, call, and turn a UserError into one message and exit status 2."""

import dataclasses
import importlib.metadata
import itertools
import os
import sys
from collections.abc import Sequence
from typing import Any

from training.command_line import help_page, parse, streams
from training.commands import table
from training.errors import UserError
from training.machine import paths, shortage
from training.machine.signals import Stopped, ctrl_c_remembered
from training.options.launch import LaunchConfig


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    with streams.kept_apart():
        return _main(sys.argv[1:] if arguments is None else arguments)


def _main(arguments: Sequence[str]) -> int:
    try:
        config = _parse(arguments)
        paths.check_working_folder()
        from training.command_line import output

        with ctrl_c_remembered(), output.quiet(config.quiet):
            return int(table.module(config).run(config))
    except Stopped as stopped:
        print(f"tf1keras: {stopped}", file=sys.stderr)
        return stopped.status
    except UserError as error:
        print(f"tf1keras: {parse.plain(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tf1keras: stopped.", file=sys.stderr)  # of what was written the run folder tells
        return 130
    except BrokenPipeError:  # `tf1keras article | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if (short := shortage.explain(error)) is None:
            raise
        print(f"tf1keras: {parse.plain(short)}", file=sys.stderr)
        return 2


def _parse(arguments: Sequence[str]) -> Any:
    """Return the options of a command; what stands after -- is what `launch` is to run."""
    own = list(itertools.takewhile(lambda word: word != "--", arguments))
    if own == ["--version"]:
        print(f"tf1keras {importlib.metadata.version('mnist-tf1-keras')}")
        raise SystemExit(0)
    own = own or ["--help"]
    if asked := table.COMMANDS.get(own[0]):
        help_page.describe(asked)
    lists_commands = own[:1] in (["-h"], ["--help"])
    config = parse.parse(table.grammar(brief=lists_commands), own)
    if isinstance(config, LaunchConfig):
        return dataclasses.replace(config, command=tuple(arguments[len(own) + 1 :]))
    if len(own) < len(arguments):
        raise UserError(f"--: only `tf1keras launch` takes a command after it, {own[0]} does not.")
    return config
