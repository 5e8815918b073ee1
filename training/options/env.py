"""The options of `tf1keras env`."""

from dataclasses import dataclass

from training.options.shared import OutputOptions


@dataclass(frozen=True)
class EnvConfig(OutputOptions):
    """Print what a bug report needs: versions, machine, devices, threads, and which data are here.

    It writes nothing and uses no network.
    """
