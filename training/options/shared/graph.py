"""Options for what a TensorFlow 1 graph does not say of itself."""

from dataclasses import dataclass, field
from typing import Annotated

import tyro

from training.errors import UserError
from training.options.shared import OutputOptions


@dataclass(frozen=True, kw_only=True)
class GraphOptions(OutputOptions):
    """What is to be known of a graph that trains."""

    feed: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = field(default=())
    """What a placeholder of one number is fed, as keep_prob=0.5/1.0: in training, in inference.
    A bool that is true in training and false in inference needs none."""

    cost: str | None = None
    """The cost's tensor, where several are trained."""

    train_op: str | None = None
    """The op that trains, where there are several."""

    def __post_init__(self) -> None:
        if len({*self.fed}) < len(self.feed):
            raise UserError("--feed: one placeholder is fed twice; expected each once.")

    @property
    def fed(self) -> dict[str, tuple[bool | float, bool | float]]:
        """Placeholder -> its values in training and in inference; raises UserError."""
        found = {}
        for given in self.feed:
            name, _, values = given.partition("=")
            training, slash, inference = values.partition("/")
            try:
                found[name] = (_number(training), _number(inference if slash else training))
            except ValueError as error:
                raise UserError(
                    f"--feed {given}: expected NAME=TRAINING/INFERENCE, such as keep_prob=0.5/1.0."
                ) from error
        return found


def _number(text: str) -> bool | float:
    return text.lower() == "true" if text.lower() in ("true", "false") else float(text)
