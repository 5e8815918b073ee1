"""The command line: parse, call, and turn a UserError into one message and exit status 2."""

import dataclasses
import itertools
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import tyro

from training.command_line import parse
from training.errors import UserError
from training.machine import shortage
from training.machine.signals import Stopped, ctrl_c_remembered
from training.options.ablate import AblateConfig
from training.options.article import ArticleConfig
from training.options.bench import BenchConfig
from training.options.check import CheckConfig
from training.options.compare import CompareConfig
from training.options.data import DataConfig
from training.options.env import EnvConfig
from training.options.finetune import FinetuneConfig
from training.options.launch import LaunchConfig
from training.options.migrate import MigrateConfig
from training.options.predict import PredictConfig
from training.options.resume import ResumeConfig

Command = (
    Annotated[CompareConfig, tyro.conf.subcommand("compare")]
    | Annotated[AblateConfig, tyro.conf.subcommand("ablate")]
    | Annotated[ArticleConfig, tyro.conf.subcommand("article")]
    | Annotated[CheckConfig, tyro.conf.subcommand("check")]
    | Annotated[MigrateConfig, tyro.conf.subcommand("migrate")]
    | Annotated[ResumeConfig, tyro.conf.subcommand("resume")]
    | Annotated[FinetuneConfig, tyro.conf.subcommand("finetune")]
    | Annotated[PredictConfig, tyro.conf.subcommand("predict")]
    | Annotated[BenchConfig, tyro.conf.subcommand("bench")]
    | Annotated[LaunchConfig, tyro.conf.subcommand("launch")]
    | Annotated[DataConfig, tyro.conf.subcommand("data")]
    | Annotated[EnvConfig, tyro.conf.subcommand("env")]
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    try:
        config = _parse(sys.argv[1:] if arguments is None else arguments)
        from training.command_line import output

        with ctrl_c_remembered(), output.quiet(config.quiet):
            return _run(config)
    except Stopped as stopped:
        print(f"tf1keras: {stopped}", file=sys.stderr)
        return stopped.status
    except UserError as error:
        print(f"tf1keras: {parse.plain(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tf1keras: stopped.", file=sys.stderr)  # of what was written `runs` tells
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
    config = parse.parse(Command, own)
    if isinstance(config, LaunchConfig):
        return dataclasses.replace(config, command=tuple(arguments[len(own) + 1 :]))
    if len(own) < len(arguments):
        raise UserError(f"--: only `tf1keras launch` takes a command after it, {own[0]} does not.")
    return config


def _run(
    config: CompareConfig
    | AblateConfig
    | ArticleConfig
    | CheckConfig
    | MigrateConfig
    | ResumeConfig
    | FinetuneConfig
    | PredictConfig
    | BenchConfig
    | LaunchConfig
    | DataConfig
    | EnvConfig,
) -> int:
    """Import the command only now: TensorFlow takes seconds, `--help` must not."""
    match config:
        case ResumeConfig():  # before CompareConfig, which it is made from
            from training.commands import resume

            return resume.run(config)
        case MigrateConfig():
            from training.commands import migrate

            return migrate.run(config)
        case CompareConfig():
            from training.commands import compare

            return compare.run(config)
        case AblateConfig():
            from training.commands import ablate

            return ablate.run(config)
        case ArticleConfig():
            from training.commands import article

            return article.run(config)
        case CheckConfig():
            from training.commands import check

            return check.run(config)
        case FinetuneConfig():
            from training.commands import finetune

            return finetune.run(config)
        case PredictConfig():
            from training.commands import predict

            return predict.run(config)
        case BenchConfig():
            from training.commands import bench

            return bench.run(config)
        case LaunchConfig():
            from training.commands import launch

            return launch.run(config)
        case DataConfig():
            from training.commands import data as data_command

            return data_command.run(config)
        case EnvConfig():
            from training.commands import env

            return env.run(config)
