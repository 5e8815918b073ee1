"""`tf1keras resume SOURCE`: train on, on every lane, from a checkpoint or a `.keras` file.

    tf1keras resume runs/TIME-compare --epochs 500
    tf1keras resume folder/model.ckpt --lanes tf1 exact

Every lane starts from the source's weights, Adam slots and step; the rest is `tf1keras compare`.
"""

from dataclasses import replace

from tf1_compat.hyperparameters import LISTING, Hyperparameters
from training import backend, compare, devices, runs, source
from training.config import ResumeConfig
from training.errors import UserError


def run(config: ResumeConfig) -> int:
    """Run the command; return its exit status."""
    final = runs.choose("resume", config.out)
    backend.require(config.lanes)
    source.kind(config.source)  # refuses at once what is not there
    devices.choose(config.device)
    state, found = source.article_state(config.source)
    return compare.train(as_trained(config, found), final, state)


def as_trained(config: ResumeConfig, found: Hyperparameters) -> ResumeConfig:
    """Return `config` with every option of the model that was left as in the listing as in `found`.

    Raises UserError where widths or optimizer were asked for that are not the source's.
    """
    asked = config.hyper
    for name, option in (("widths", "hidden"), ("optimizer", "optimizer")):
        wanted, there = getattr(asked, name), getattr(found, name)
        if wanted not in (getattr(LISTING, name), there):
            shown = there if isinstance(there, str) else " ".join(map(str, there[1:-1]))
            raise UserError(f"--{option}: {config.source} was trained with --{option} {shown}.")
    left = {
        name: getattr(found, name)
        for name in source.VARIED
        if getattr(asked, name) == getattr(LISTING, name)
    }
    return replace(config, hidden=found.widths[1:-1], **left)
