"""The options of `tf1keras launch`."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from training.options.shared import OutputOptions
from training.options.shared.limits import check_count


@dataclass(frozen=True, kw_only=True)
class LaunchConfig(OutputOptions):
    """Start workers on this machine that split the rows of one comparison, to try a cluster out.

    For example: tf1keras launch --workers 2 -- compare --epochs 100. Each worker runs what follows
    the --, compare or resume; the exit status is the first worker's.
    """

    workers: int = 2
    """How many to start."""

    command: Annotated[tuple[str, ...], tyro.conf.Suppress] = ()
    """What stands after --."""

    def __post_init__(self) -> None:
        check_count("workers", self.workers)
