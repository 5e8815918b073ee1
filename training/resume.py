"""`tf1keras resume SOURCE`: train on, on every lane, from a checkpoint or a `.keras` file.

    tf1keras resume runs/TIME-compare --epochs 500
    tf1keras resume folder/model.ckpt --lanes tf1 exact

Every lane starts from the source's weights, Adam slots and step; the rest is `tf1keras compare`.
"""

from training import compare, devices, runs, source
from training.config import ResumeConfig


def run(config: ResumeConfig) -> int:
    """Run the command; return its exit status."""
    final = runs.choose("resume", config.out)
    source.kind(config.source)  # refuses at once what is not there
    devices.choose(config.device)
    return compare.train(config, final, source.article_state(config.source))
