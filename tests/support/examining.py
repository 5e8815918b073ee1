"""Examine a pair as `tf1keras check` does, within this process."""

from pathlib import Path
from typing import Any

from training.checking.diagnosis import BUDGET, diagnose
from training.checking.examination import Examination
from training.checking.judgement import Diagnosis
from training.commands import check
from training.machine import devices
from training.machine.devices import Device
from training.model_files import pair
from training.options.check import CheckConfig


def examine(names: dict[str, Any], **options: Any) -> Diagnosis:
    """Return the diagnosis of what a PAIR.py with these names would define."""
    return examined(names, **options)[1]


def examined(names: dict[str, Any], **options: Any) -> tuple[Examination, Diagnosis]:
    """Return the pair under examination, too."""
    examination = examination_of(names, **options)
    return examination, diagnose(examination, options.get("budget", BUDGET))


def examination_of(names: dict[str, Any], **options: Any) -> Examination:
    """Return what such a PAIR.py defines, under examination."""
    config = CheckConfig(pair=Path("pair.py"), **{"steps": 3, "batch_size": 8, **options})
    loaded = pair.validate(config.pair, names, config.seed)
    return check.examine(loaded, config, devices.session_config(Device("CPU", 0)))
