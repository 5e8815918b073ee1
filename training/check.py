"""`tf1keras check PAIR.py`: is your Keras model your TensorFlow 1 graph?

    tf1keras check examples/article.py --json

Runs the code in PAIR.py (`training/model_files/pair.py`), climbs the parity ladder
(`training/parity/ladder.py`), judges (`training/diagnosis.py`), and prints; what that code prints
goes to standard error. Exit status 0: identical or equivalent; 1: different; 2: unusable input.
"""

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from training import batches
from training.command_line.output import Output
from training.machine import devices, environment
from training.options.check import CheckConfig

if TYPE_CHECKING:
    from training.diagnosis import Diagnosis
    from training.model_files.pair import Pair
    from training.parity.ladder import Batch


def run(config: CheckConfig) -> int:
    """Run the command; return its exit status."""
    device = devices.choose("cpu")
    from training import check_report

    out = Output(config)
    out.note(environment.banner())
    out.note(f"running the code in {config.pair}")
    with contextlib.redirect_stdout(sys.stderr):
        diagnosis = examine(config, devices.session_config(device))
    out.show(check_report.text(diagnosis))
    out.result(check_report.facts(diagnosis))
    return 1 if diagnosis.verdict == "different" else 0


def examine(config: CheckConfig, session: Any) -> "Diagnosis":
    """Load the pair, make the batches and return the diagnosis; raises UserError."""
    from training.model_files import pair

    return examine_pair(pair.load(config.pair, config.seed), config, session)


def examine_pair(loaded: "Pair", config: CheckConfig, session: Any) -> "Diagnosis":
    """Make the batches and return the diagnosis; raises UserError."""
    from training import diagnosis
    from training.subject import Subject

    return diagnosis.examine(Subject(loaded, _batches(config, loaded), config.seed, session))


def _batches(config: CheckConfig, loaded: "Pair") -> "list[Batch]":
    if config.data != "synthetic":
        return batches.of_digits(
            loaded, config.data, config.manual_dir, config.batch_size, config.steps
        )
    shape = getattr(loaded.sample, "output_shape", None)  # a subclassed model may have none yet
    classes = max(2, shape[-1] or 2) if isinstance(shape, tuple) else 2
    return batches.synthetic(loaded, classes, config.batch_size, config.steps, config.seed)
