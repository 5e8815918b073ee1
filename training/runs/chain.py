"""What ties the files of a run to each other: one random ID, and checksums of what follows on it.

Each goes over the one before, too: id -> options -> data -> weights -> state; the weights are
those that training begins with. The first three stand in config.json as soon as the run has begun,
a saved state has all five: what is another run's is told by the first that differs.
"""

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import UnusableState, UserError
from training.machine import files
from training.parity.bits import sha256_of_all

Chain = Mapping[str, str]

KEY = "run"
"""What it is called in config.json, and in a state."""
BEGUN = ("id", "options", "data")
MEANINGS = {
    "id": "another run's",
    "options": "of a run with other options",
    "data": "of a run on other data",
    "weights": "of a run that began with other weights",
    "state": "not as it was saved",
}


def begin(folder: Path, options: Mapping[str, Any], data: str) -> None:
    """Write the config.json of a new run with `options`, on data of that SHA-256."""
    chain = _of(secrets.token_hex(16), options, data)
    files.write_json(folder / "config.json", {KEY: chain, **options})


def _of(run: str, options: Mapping[str, Any], data: str) -> Chain:
    asked = _link(run, files.as_json(options))
    return {"id": run, "options": asked, "data": _link(asked, data)}


def _link(before: str, what: str) -> str:
    return hashlib.sha256(f"{before}\n{what}".encode()).hexdigest()


def read(folder: Path) -> Chain:
    """Return the chain that the config.json of a run folder has; UserError where it has none."""
    file = folder / "config.json"
    try:
        chain = files.read_json(file)[KEY]
        return {name: str(chain[name]) for name in BEGUN}
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UserError(
            f"{file}: has no run ID, which says what belongs to it; an earlier version of tf1keras "
            "wrote it, or it is damaged.\nStart a new run."
        ) from error


def hold(folder: Path, data: str) -> None:
    """Raise UserError unless config.json has the options that the run began with, on that data."""
    began, options = read(folder), files.read_json(folder / "config.json")
    del options[KEY]
    if _of(began["id"], options, data) != began:
        raise UserError(
            f"{folder / 'config.json'}: not the options that the run was begun with, or other data."
            "\nRestore them, or start a new run."
        )


def with_weights(folder: Path, weights: Mapping[str, np.ndarray]) -> Chain:
    """Return the chain of the run in `folder` whose training begins with `weights`."""
    chain = read(folder)
    return {**chain, "weights": _link(chain["data"], sha256_of_all(weights))}


def sealed(run: Chain, what: Any) -> dict[str, str]:
    """Return the chain of a state that holds `what`, which JSON knows."""
    return {**run, "state": _link(run["weights"], files.as_json(what))}


def check(path: Path, found: Any, run: Chain, what: Any) -> None:
    """Raise UnusableState unless the state `path`, which has the chain `found`, is of `run`.

    `what` is what it holds. `run` has no weights where only the run's folder is known.
    """
    links = found if isinstance(found, dict) else {}
    own = dict(run)
    own.setdefault("weights", str(links.get("weights")))
    for name, link in sealed(own, what).items():
        if links.get(name) != link:
            raise UnusableState(
                f"{path}: {MEANINGS[name]}; expected the state that this run saved.\n"
                "Restore it, or SOURCE as it was when the run began; or start a new run."
            )
