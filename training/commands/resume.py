"""`tf1keras resume SOURCE`: train on, on every lane, and compare.

    tf1keras resume runs/TIME-compare --epochs 500
    tf1keras resume folder/model.ckpt --lanes tf1 exact
    tf1keras resume my-run

A run that was stopped, be it an ablation or a fine-tuning, goes on to its end with its own
options, as if nothing had happened. From a finished run folder every lane goes on from its own
state; from a checkpoint or a `.keras` file all start from its weights, slots and step. The rest is
`tf1keras compare`.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tf1_compat.hyperparameters import Hyperparameters
from tf1_compat.state import State
from training.command_line import parse, words
from training.command_line.output import Output
from training.commands import compare, table
from training.errors import UserError, first_line
from training.lanes import other_backends
from training.machine import devices, environment, files
from training.model_files import reading, training_state
from training.options.compare import CompareConfig
from training.options.lanes import STOCK
from training.options.resume import ResumeConfig
from training.runs import chain, names, saving, sums
from training.runs.session import Origin
from training.runs.state_file import STATE


def run(config: ResumeConfig) -> int:
    """Run the command; return its exit status."""
    if final := names.find_unfinished(config.source):
        return _finish(config, final)
    return run_in(config, names.choose("resume", config.out))


def _finish(asked: ResumeConfig, final: Path) -> int:
    """Finish the unfinished run `final`, with the options it was begun with."""
    own = ResumeConfig(source=asked.source, cluster=asked.cluster)
    if asked != own:
        _, _, *given = words.of(asked)
        raise UserError(
            f"{asked.source}: an unfinished run goes on with its own options; expected only "
            f"--cluster beside it, found {' '.join(given) or '--out'}.\n"
            "To change them, start a new run."
        )
    config = recorded(names.unfinished(final))
    config = replace(config, quiet=asked.quiet, json=asked.json)
    if isinstance(config, CompareConfig):
        config = replace(config, cluster=asked.cluster)
        other_backends.require(config.lanes)
    elif asked.cluster != "none":
        raise UserError(f"--cluster {asked.cluster}: this run has no workers; leave it out.")
    return int(table.module(config).run_in(config, final))


def recorded(folder: Path) -> Any:
    """Return the options that a run was begun with; UserError where they cannot be read."""
    file = folder / "config.json"
    try:
        command = files.read_json(file)["command"]
        if not all(isinstance(word, str) for word in command):
            raise TypeError("its command is not words")
        return parse.parse(table.grammar(table.RESUMABLE), command)
    except (OSError, ValueError, TypeError, LookupError, RecursionError, UserError) as error:
        raise UserError(
            f"{file}: not the options of a run ({first_line(error)}).\nStart a new run."
        ) from error


def run_in(config: ResumeConfig, final: Path) -> int:
    """Train on from the source in the run folder `final`; return the exit status."""
    other_backends.require(config.lanes)
    reading.kind(config.source)  # refuses at once what is not there
    in_cluster = config.cluster != "none"
    device = devices.choose(config.device, config.replicas, of_worker=in_cluster)
    state, found = training_state.state(config.source, config.optimizer)
    _check_precision(config, state)
    config = as_trained(config, found)
    if sums.has(config.source, STATE):
        saved = saving.read(config.source / STATE, chain.read(config.source))
        if set(config.lanes) <= set(saved.lanes):
            before = environment.read(config.source / "environment.json")
            if warning := environment.warning(before, environment.describe(device.name)):
                Output(config).note(warning)
            return compare.run_in(config, final, Origin(state, saved, saved.first + saved.epochs))
    return compare.run_in(config, final, Origin(state, None, state.step or 0))


def _check_precision(config: ResumeConfig, state: State) -> None:
    """Raise UserError where training on would round the source's weights."""
    here = "float64" if config.precision == "float64" else "float32"
    if there := {str(array.dtype) for array in state.weights.values()} - {here}:
        raise UserError(
            f"{config.source}: its weights are {', '.join(there)}, and --precision is "
            f"{config.precision}; expected --precision {', '.join(there)}."
        )


def as_trained(config: ResumeConfig, found: Hyperparameters) -> ResumeConfig:
    """Return `config` with every option of the model that was not given as in `found`.

    Raises UserError where widths or optimizer were asked for that are not the source's.
    """
    there = {name: getattr(found, name) for name in training_state.RECORDED}
    there["hidden"] = found.widths[1:-1]
    if not set(config.lanes) & set(STOCK):
        there["dropout"] = 0.0
    for name in ("hidden", "optimizer"):
        if getattr(config, name) not in (None, there[name]):
            shown = " ".join(map(str, there[name])) if name == "hidden" else there[name]
            raise UserError(f"--{name}: {config.source} was trained with --{name} {shown}.")
    left = {name: value for name, value in there.items() if getattr(config, name) is None}
    return replace(config, **left)
