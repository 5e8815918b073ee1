"""The commands: what each can be told, and what runs it.

A command NAME has its options in `training/options/NAME.py`. What runs it is
`training/commands/NAME.py`, imported only when it is called: TensorFlow takes seconds, `--help`
must not.
"""

import importlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union

import tyro

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
from training.options.rewrite import RewriteConfig
from training.options.shared import OutputOptions

COMMANDS: Mapping[str, type[OutputOptions]] = {
    "compare": CompareConfig,
    "ablate": AblateConfig,
    "article": ArticleConfig,
    "check": CheckConfig,
    "migrate": MigrateConfig,
    "rewrite": RewriteConfig,
    "resume": ResumeConfig,
    "finetune": FinetuneConfig,
    "predict": PredictConfig,
    "bench": BenchConfig,
    "launch": LaunchConfig,
    "data": DataConfig,
    "env": EnvConfig,
}
"""Name -> its options, in the order of `--help`."""

RESUMABLE = ("compare", "article", "resume", "finetune", "ablate")
"""Those whose module has `run_in(config, final)`, which goes on with an unfinished run."""


def grammar(names: Iterable[str] = tuple(COMMANDS), *, brief: bool = False) -> Any:
    """Return the commands of these names as the command line is parsed by.

    `brief`: their help is one sentence each, to be listed; else all that there is to say.
    """
    every = []
    for name in names:
        sentence = (COMMANDS[name].__doc__ or "").partition("\n")[0] if brief else None
        described = tyro.conf.subcommand(name, description=sentence)
        every.append(Annotated[COMMANDS[name], described])
    return Union[tuple(every)]  # noqa: UP007 (their number is not known here)


def module(config: OutputOptions) -> Any:
    """Return the module of the command that `config` are the options of."""
    (name,) = (name for name, options in COMMANDS.items() if type(config) is options)
    return importlib.import_module(f"training.commands.{name}")
