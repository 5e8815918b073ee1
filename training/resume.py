"""`tf1keras resume SOURCE`: train on, on every lane, from a checkpoint or a `.keras` file.

    tf1keras resume runs/TIME-compare --epochs 500
    tf1keras resume folder/model.ckpt --lanes tf1 exact

Every lane starts from the source's weights, Adam slots and step; the rest is `tf1keras compare`.
"""

from dataclasses import replace

from tf1_compat.hyperparameters import Hyperparameters
from training import backend, compare, devices, runs, source, trained
from training.config import IDIOMATIC
from training.errors import UserError
from training.model_config import ResumeConfig


def run(config: ResumeConfig) -> int:
    """Run the command; return its exit status."""
    final = runs.choose("resume", config.out)
    backend.require(config.lanes)
    source.kind(config.source)  # refuses at once what is not there
    devices.choose(config.device)
    state, found = trained.state(config.source, config.optimizer)
    return compare.train(as_trained(config, found), final, state)


def as_trained(config: ResumeConfig, found: Hyperparameters) -> ResumeConfig:
    """Return `config` with every option of the model that was not given as in `found`.

    Raises UserError where widths or optimizer were asked for that are not the source's.
    """
    there = {name: getattr(found, name) for name in trained.RECORDED}
    there["hidden"] = found.widths[1:-1]
    if not set(config.lanes) & IDIOMATIC:
        there["dropout"] = 0.0
    for name in ("hidden", "optimizer"):
        if getattr(config, name) not in (None, there[name]):
            shown = " ".join(map(str, there[name])) if name == "hidden" else there[name]
            raise UserError(f"--{name}: {config.source} was trained with --{name} {shown}.")
    left = {name: value for name, value in there.items() if getattr(config, name) is None}
    return replace(config, **left)
