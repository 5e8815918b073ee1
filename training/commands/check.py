"""`tf1keras check PAIR.py`: is your Keras model your TensorFlow 1 graph?

    tf1keras check examples/article.py --json

Runs the code in PAIR.py (`training/model_files/pair.py`), climbs the parity ladder
(`training/parity/ladder.py`), judges (`training/checking/diagnosis.py`), and prints; what that code
prints goes to standard error. `--out DIR` makes a run folder with a page. Exit status 0: identical
or equivalent; 1: different; 2: unusable input; 3: undecided.
"""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.command_line import words
from training.command_line.output import Output
from training.machine import devices, environment, files
from training.model_files import pair
from training.model_files.pair import Pair
from training.options.check import CheckConfig
from training.parity.ladder import Batch
from training.runs import folders, names

if TYPE_CHECKING:
    from training.checking.examination import Examination
    from training.checking.judgement import Diagnosis

STATUS = {"identical": 0, "equivalent": 0, "different": 1, "undecided": 3}
"""Verdict -> exit status."""


def run(config: CheckConfig) -> int:
    """Run the command; return its exit status."""
    final = names.choose("check", config.out) if config.out else None
    device = devices.choose("cpu")
    from training.checking.diagnosis import diagnose
    from training.reports import check

    out = Output(config)
    out.note(environment.banner())
    out.note(f"running the code in {config.pair}")
    with (
        folders.begin(final) if final else contextlib.nullcontext() as folder,
        contextlib.redirect_stdout(sys.stderr),
    ):
        loaded = pair.load(config.pair, config.seed)
        examination = examine(loaded, config, devices.session_config(device))
        found = diagnose(examination, config.budget, out.note)
        if folder:
            _write(folder, config, examination, found)
    out.show(check.text(found))
    if final:
        out.where(final)
    out.result(check.facts(found), final)
    return STATUS[found.verdict]


def _write(
    folder: Path, config: CheckConfig, examination: "Examination", found: "Diagnosis"
) -> None:
    """Write the run folder: options, environment, the diagnosis, and the page."""
    from training.checking.side_by_side.look import look
    from training.reports import check, check_page

    files.write_json(folder / "config.json", words.options(config))
    files.write_json(folder / "environment.json", environment.describe())
    files.write_json(folder / "check.json", check.facts(found))
    check_page.write(folder, config, found, look(examination, found))


def examine(loaded: Pair, config: CheckConfig, session: Any) -> "Examination":
    """Make the batches and return the pair under examination; raises UserError."""
    from training.checking.examination import Examination
    from training.checking.recording import Given

    return Examination(Given(loaded, _batches(config, loaded), config.seed, session))


def _batches(config: CheckConfig, loaded: Pair) -> list[Batch]:
    from training.checking import batches

    if config.data != "synthetic":
        return batches.of_digits(
            loaded, config.data, config.manual_dir, config.batch_size, config.steps
        )
    return batches.synthetic(loaded, config.batch_size, config.steps, config.seed)
