"""TensorFlow is imported without a look for garbage; it is looked for later as it was before."""

import contextlib
import gc

import pytest

from tests.conftest import python
from training.machine import startup

IMPORT = """
import gc
from training.machine import startup
collected = []
gc.callbacks.append(lambda phase, info: collected.append(phase))
startup.import_tensorflow()
print(len(collected), gc.isenabled(), gc.get_freeze_count() > 500_000)
"""


def test_nothing_is_collected_while_tensorflow_is_imported() -> None:
    assert python(IMPORT).split() == ["0", "True", "True"]


@pytest.mark.parametrize("enabled", [True, False])
def test_collecting_is_as_it_was_whatever_happens(enabled: bool) -> None:
    try:
        (gc.enable if enabled else gc.disable)()
        with contextlib.suppress(ImportError), startup.nothing_collected():
            assert not gc.isenabled()
            raise ImportError
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
