"""What a run was asked for, on what, with what: its banner, `config.json`, `environment.json`."""

from pathlib import Path
from typing import Any

from training.command_line import words
from training.data import Digits
from training.errors import UserError
from training.machine import environment, files
from training.machine.devices import Device
from training.options.finetune import FinetuneConfig
from training.options.shared import RunOptions, TrainingOptions
from training.runs.origin import Origin


def banner(
    config: RunOptions,
    digits: Digits,
    device: Device,
    origin: Origin = Origin(),  # noqa: B008 (frozen)
) -> str:
    """Return the lines above a run: software, data, model, what will be done, and from where."""
    model, rate = "", None
    if isinstance(config, TrainingOptions):
        model, rate = f"model {config.hyper.describe()}\n", config.hyper.learning_rate
    return (
        f"{environment.banner()}\n"
        f"data {digits.describe()}\n"
        f"{model}{config.epochs} epochs, full batch, {origin.describe(config.seed, rate)}, "
        f"on {device.name}"
    )


def write(
    folder: Path, config: RunOptions | FinetuneConfig, device: Device, digits: Digits
) -> None:
    """Write `config.json` and `environment.json`: every option, and what the run ran on.

    Raises UserError where the run in `folder` was begun with other data.
    """
    facts, file = data_facts(digits), folder / "environment.json"
    if file.is_file() and (before := files.read_json(file)["data"]["sha256"]) != digits.sha256:
        raise UserError(
            f"{folder}: was begun with data of SHA-256 {before}; {digits.name} now has "
            f"{digits.sha256}.\nGive it the same data, or start anew."
        )
    command = words.of(config)
    files.write_json(folder / "config.json", {"command": command, **words.options(config)})
    files.write_json(file, {**environment.describe(), "device": device.name, "data": facts})


def data_facts(digits: Digits) -> dict[str, Any]:
    """Return the data set's name, rows and checksum for `environment.json`."""
    return {
        "name": digits.name,
        "train_rows": len(digits.train.x),
        "test_rows": len(digits.test.x),
        "sha256": digits.sha256,
    }
