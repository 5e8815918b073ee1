"""`tf1keras article`: the article's listing, run on TensorFlow 2, printing the article's own lines.

    tf1keras article --data mnist_5k --seed 1234

prints "Epoch: 0 Loss: 101.944" and so on, and nothing else, to standard output.
"""

from collections.abc import Mapping

import numpy as np

from training import data, devices, history, lanes, loop, report, runs
from training.config import ArticleConfig
from training.console import Output


def run(config: ArticleConfig) -> int:
    """Run the command; return its exit status."""
    final = runs.choose("article", config.out) if config.out else None
    digits = data.load_all_classes(config.data, config.manual_dir)
    device = devices.choose(config.device)
    out = Output(config)
    out.note(report.banner(config, digits, device))

    def train() -> tuple[loop.Trainee, history.History]:
        (program,) = lanes.build(["tf1"], digits.train, config.seed, device, config.hyper)

        def on_epoch(epoch: int, losses: Mapping[str, np.float32]) -> None:
            if epoch == 0:
                devices.check(program.name, program.placement, device)
            out.show(f"Epoch: {epoch} Loss: {losses['tf1']!s}")

        return program, loop.train([program], config.epochs, on_epoch, stop_below=config.stop_below)

    if final is None:
        _, recorded = train()
        out.result({"losses": [report.shortest(loss) for loss in recorded.losses["tf1"]]})
        return 0
    with runs.new(final) as folder:
        program, recorded = train()
        report.write_setting(folder, config, device, digits)
        history.write_csv(recorded, folder / "history.csv")
        program.save(folder)
    out.note(f"Results: {final}")
    out.result({"losses": [report.shortest(loss) for loss in recorded.losses["tf1"]]}, final)
    return 0
