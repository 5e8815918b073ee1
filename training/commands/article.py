"""`tf1keras article`: the article's listing, run on TensorFlow 2, printing the article's own lines.

    tf1keras article --data mnist_5k --seed 1234

prints "Epoch: 0 Loss: 101.944" and so on, and nothing else, to standard output.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from training import data
from training.command_line import progress
from training.command_line.output import Output
from training.lanes import history, loop
from training.lanes.build import build
from training.lanes.history import History
from training.lanes.protocol import Trainee
from training.machine import devices
from training.options.article import ArticleConfig
from training.parity.distance import shortest
from training.runs import names
from training.runs.session import Session
from training.runs.training import SavedTraining


def run(config: ArticleConfig) -> int:
    """Run the command; return its exit status."""
    if config.out:
        return run_in(config, names.choose("article", config.out))
    session, program = _begin(config)
    on_epoch = _printing(session, program)
    found = loop.train([program], config.epochs, on_epoch, stop_below=config.stop_below)
    session.out.result(_losses(found))
    return 0


def run_in(config: ArticleConfig, final: Path) -> int:
    """Run into the run folder `final`, from where an unfinished run there has come to."""
    session, program = _begin(config)
    with session.folder(final, keep_state=True) as folder:
        training = SavedTraining([program], folder, config.save_every)
        progress.goes_on(training.begun.last, session.out.notes)
        on_epoch = _printing(session, program)
        found = training.run(config.epochs, on_epoch, stop_below=config.stop_below)
        history.write_csv(found, folder / "history.csv")
        program.save(folder)
    session.out.note(f"Results: {final}")
    session.out.result(_losses(found), final)
    return 0


def _begin(config: ArticleConfig) -> tuple[Session, Trainee]:
    """Return the session, its banner printed, and the listing's graph on the digits asked for."""
    digits = data.load_all_classes(config.data, config.manual_dir)
    device = devices.choose(config.device)
    session = Session(config, digits, device, Output(config))
    session.out.note(session.banner())
    (program,) = build(["tf1"], digits.train, config.seed, device, config.hyper)
    return session, program


def _printing(session: Session, program: Trainee) -> loop.OnEpoch:
    """Print the listing's line of each epoch; after the first, look where it was computed."""
    unchecked = True

    def on_epoch(epoch: int, losses: Mapping[str, np.floating]) -> None:
        nonlocal unchecked
        if unchecked:
            devices.check(program.name, program.placement, session.device)
        unchecked = False
        session.out.show(f"Epoch: {epoch} Loss: {losses['tf1']!s}")

    return on_epoch


def _losses(found: History) -> dict[str, list[float]]:
    return {"losses": [shortest(loss) for loss in found.losses["tf1"]]}
