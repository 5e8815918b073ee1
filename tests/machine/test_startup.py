"""TensorFlow is imported without a look for garbage, and without what it only looks for."""

import contextlib
import gc
import sys

import pytest

from tests.conftest import python
from training.machine import startup

IMPORT = """
import gc
from training.machine import startup
collected = []
gc.callbacks.append(lambda phase, info: collected.append(phase))
startup.import_tensorflow()
print(len(collected), gc.isenabled(), gc.get_freeze_count() > 300_000)
"""
LOOKED_FOR = """
import sys
from training.machine import startup
startup.import_tensorflow()
print([name for name in startup.LOOKED_FOR if name in sys.modules])
import matplotlib.pyplot, sklearn
from training.reports import chart
"""
COMMANDS = """
import importlib, sys
from training import cli
from training.commands import table
print("--help", [one for one in ("numpy",) if one in sys.modules])
for name in table.COMMANDS:
    importlib.import_module(f"training.commands.{name}")
    print(name, [one for one in ("keras", "tensorflow") if one in sys.modules])
"""


def test_no_command_imports_keras_before_it_begins() -> None:
    """Or what Keras only looks for is imported, too, which takes as long as TensorFlow.

    To show the help takes no NumPy either, which would take as long as all the rest of it.
    """
    assert all(line.endswith(" []") for line in python(COMMANDS).splitlines())


@pytest.mark.slow
def test_nothing_is_collected_while_tensorflow_is_imported() -> None:
    assert python(IMPORT).split() == ["0", "True", "True"]


@pytest.mark.slow
def test_what_keras_only_looks_for_is_imported_by_those_who_need_it() -> None:
    assert python(LOOKED_FOR).split() == ["[]"]


def test_what_is_imported_already_is_not_hidden() -> None:
    with startup.unseen(["json", "no_such_package"]):
        import json

        with pytest.raises(ImportError):
            import no_such_package  # noqa: F401
    assert sys.modules["json"] is json
    assert "no_such_package" not in sys.modules


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
