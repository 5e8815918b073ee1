"""The options of `tf1keras article`."""

from dataclasses import dataclass

from training.options.shared import TrainingOptions


@dataclass(frozen=True)
class ArticleConfig(TrainingOptions):
    """Run the article's TensorFlow 1 example; print its own lines.

    Writes a run folder only with --out.
    """
