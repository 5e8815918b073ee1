"""Where `--partial` writes what is refused without it."""

import contextlib
from collections.abc import Callable, Iterator

from training.errors import UserError
from training.options.rewrite import RewriteConfig

OFFER = (
    "--partial writes the rest in Keras, with these ops as one layer, which is marked and waits to "
    "be written by hand."
)


@contextlib.contextmanager
def offered(config: RewriteConfig, source: Callable[[], str]) -> Iterator[None]:
    """Say of ops that are refused that `--partial` writes them, where it does.

    `source` returns the model.py of `--partial`; what it raises, or the source does, says no.
    """
    from keras_models import writing
    from tf1_compat.network import NotCovered

    try:
        yield
    except UserError as refused:
        if config.partial or not isinstance(refused.__cause__, NotCovered):
            raise
        try:
            writing.run(source())
        except Exception:  # whatever Keras and TensorFlow have against ops out of their graph
            raise refused from None
        raise UserError(f"{refused}\n{OFFER}") from refused
