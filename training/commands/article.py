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
from training.machine import devices
from training.machine.signals import Interruption
from training.options.article import ArticleConfig
from training.parity import distance
from training.runs import folders, saving, setting
from training.runs.saving import STATE, Saved, Saver


def run(config: ArticleConfig) -> int:
    """Run the command; return its exit status."""
    if config.out:
        return go_on(config, folders.choose("article", config.out))
    session = _Session(config)
    recorded = session.train(saved=Saved({"tf1": np.array([])}, {}))
    session.out.result(_losses(recorded))
    return 0


def go_on(config: ArticleConfig, final: Path) -> int:
    """Run into the run folder `final`, from where an unfinished run there has come to."""
    session = _Session(config)
    with folders.resumable(final, STATE) as folder:
        setting.write(folder, config, session.device, session.digits)
        saved = saving.read(folder)
        if saved:
            saving.restore([session.program], saved)
        begun = saved or Saved({"tf1": np.array([])}, {})
        progress.goes_on(begun.last, session.out.notes)
        with Interruption() as interruption:
            saver = Saver(folder, [session.program], config.save_every, interruption, begun)
            with saver.telling():
                recorded = session.train(begun, saver.after_call)
        saving.write(folder, saving.snapshot([session.program], recorded.losses, 0))
        history.write_csv(recorded, folder / "history.csv")
        session.program.save(folder)
    session.out.note(f"Results: {final}")
    session.out.result(_losses(recorded), final)
    return 0


class _Session:
    """The listing's graph and session on the digits asked for, and what is printed."""

    def __init__(self, config: ArticleConfig) -> None:
        self._config = config
        self.digits = data.load_all_classes(config.data, config.manual_dir)
        self.device = devices.choose(config.device)
        self.out = Output(config)
        self.out.note(setting.banner(config, self.digits, self.device))
        (self.program,) = build(["tf1"], self.digits.train, config.seed, self.device, config.hyper)

    def train(
        self, saved: Saved, after_call: loop.AfterCall = lambda losses: None
    ) -> history.History:
        """Train to the end, printing the listing's line of each epoch."""

        def on_epoch(epoch: int, losses: Mapping[str, np.floating]) -> None:
            if epoch == saved.epochs:
                devices.check(self.program.name, self.program.placement, self.device)
            self.out.show(f"Epoch: {epoch} Loss: {losses['tf1']!s}")

        return loop.train(
            [self.program],
            self._config.epochs,
            on_epoch,
            stop_below=self._config.stop_below,
            done=saved.losses,
            after_call=after_call,
        )


def _losses(recorded: history.History) -> dict[str, list[float]]:
    return {"losses": [distance.shortest(loss) for loss in recorded.losses["tf1"]]}
