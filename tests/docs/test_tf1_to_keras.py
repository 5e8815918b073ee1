"""docs/understand/tf1-to-keras.md and its twin: defaults are read back, tests are named."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import pytest
import tensorflow as tf

from keras_models import exact
from tests.conftest import ROOT, golden
from tests.promises.test_genuine import on_tf115
from tests.support.tf1_to_keras import session_run, v1
from training.machine.files import read_json

PAGES = {
    language: (ROOT / "docs" / language / "understand/tf1-to-keras.md").read_text(encoding="utf-8")
    for language in ("", "zh-CN")
}
SILENT = {"": "What changes in silence", "zh-CN": "悄悄变了的地方"}
OF_ANY = {"": r"`(\w+)` of any optimizer", "zh-CN": r"`(\w+)`，任何优化器都有"}
HERE = Path(__file__).parent
PLACES = {"keras": keras, "tf": tf}


class Row(NamedTuple):
    """A line of the tables: both calls, and the defaults that are quoted of them."""

    tf1: str
    tf1_defaults: dict[str, Any]
    keras: str
    keras_defaults: dict[str, Any]
    change: str


def rows(page: str) -> Iterator[Row]:
    for line in page.splitlines():
        if line.startswith("| `tf."):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            assert len(cells) == 5, line
            names = [re.match(r"`([\w.]+)`", cell) for cell in (cells[0], cells[2])]
            tf1, counterpart = (name[1] if name else "" for name in names)
            yield Row(tf1, quoted(cells[1]), counterpart, quoted(cells[3]), cells[4])


def quoted(cell: str) -> dict[str, Any]:
    """`a=1`, `b=relu` -> {"a": 1, "b": "relu"}."""
    found = dict(re.findall(r"`(\w+)=([^`]+)`", cell))
    assert found or cell == "-", cell
    return {name: value_of(text) for name, text in found.items()}


def value_of(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except ValueError:
        return text


def find(name: str) -> Any:
    first, *parts = name.split(".")
    found = PLACES[first]
    for part in parts:
        found = getattr(found, part)
    return found


def defaults(call: Any) -> dict[str, Any]:
    parameters = inspect.signature(call.__init__ if inspect.isclass(call) else call).parameters
    return {p.name: p.default for p in parameters.values() if p.default is not p.empty}


def same(quoted: Any, found: Any) -> bool:
    found = tuple(found) if isinstance(found, list) else found
    return type(quoted) is type(found) and quoted == found


ROWS = list(rows(PAGES[""]))
languages = pytest.mark.parametrize("language", PAGES)


def test_the_chinese_page_has_the_same_rows() -> None:
    theirs = list(rows(PAGES["zh-CN"]))
    assert [row[:4] for row in theirs] == [row[:4] for row in ROWS]
    unchanged = [row.change.startswith("不变") for row in theirs]
    assert unchanged == [row.change.startswith("nothing") for row in ROWS]


def test_the_page_has_some_seventy_calls() -> None:
    """As README, troubleshooting and tutorial say."""
    assert 65 <= len({row.tf1 for row in ROWS}) <= 79
    assert {row.tf1 for row in ROWS} >= {
        f"tf.train.{rule}Optimizer" for rule in ("Adam", "RMSProp")
    }


def test_tensorflow_1_defaults_are_those_of_1_15() -> None:
    recorded = golden("tf115_signatures")
    for row in ROWS:
        for name, value in row.tf1_defaults.items():
            assert same(value, recorded[row.tf1][name]), (row.tf1, name)


def test_what_tensorflow_2_ships_of_tensorflow_1_has_the_same_defaults() -> None:
    checked = 0
    for row in ROWS:
        if re.match(r"tf\.(layers|contrib|nn\.rnn_cell)\.", row.tf1):
            with pytest.raises(AttributeError, match=r"not available with Keras 3|contrib"):
                find(row.tf1.replace("tf.", "tf.compat.v1.", 1))
            continue
        call = find(row.tf1.replace("tf.", "tf.compat.v1.", 1))
        for name, value in row.tf1_defaults.items():
            checked += 1
            assert value == defaults(call)[name], (row.tf1, name)
    assert checked > 40


def test_keras_defaults_are_those_of_the_installed_keras() -> None:
    checked = 0
    for row in ROWS:
        if row.keras.startswith(("keras.", "tf.")):
            call = find(row.keras)
            for name, value in row.keras_defaults.items():
                checked += 1
                assert same(value, defaults(call)[name]), (row.keras, name)
        else:
            assert not row.keras_defaults
    assert checked > 60


@languages
def test_every_exact_layer_and_loss_is_in_its_table(language: str) -> None:
    first = [line.split(" | ")[0] for line in PAGES[language].splitlines() if line[:2] == "| "]
    exactly = re.compile(r"`((?:AddV2|BiasAdd|TF1|Output)\w+)`")
    named = {name for cell in first for name in exactly.findall(cell)}
    kinds = (keras.Layer, keras.losses.Loss, keras.regularizers.Regularizer)
    every = {name: getattr(exact, name) for name in exact.__all__}
    assert named == {
        name for name, one in every.items() if isinstance(one, type) and issubclass(one, kinds)
    }


@languages
def test_any_optimizer_has_what_is_said_of_any(language: str) -> None:
    named = re.findall(OF_ANY[language], PAGES[language])
    assert len(named) == 3
    for name in named:
        assert name in defaults(keras.optimizers.SGD)


def test_where_nothing_changes_the_defaults_are_equal() -> None:
    """But for those in which another word, or None, means the same."""
    alike = {
        ("tf.layers.dense", "kernel_initializer"),
        ("tf.layers.dense", "bias_initializer"),
        ("tf.layers.conv2d", "kernel_initializer"),
        ("tf.Variable", "trainable"),
        ("tf.one_hot", "axis"),
        ("tf.layers.flatten", "data_format"),
    }
    differing = {
        (row.tf1, name)
        for row in ROWS
        if row.change.startswith("nothing")
        for name in row.tf1_defaults.keys() & row.keras_defaults.keys()
        if row.tf1_defaults[name] != row.keras_defaults[name]
    }
    assert differing == alike
    one_hot = session_run(lambda: v1.one_hot([[2, 0]], 3))
    assert one_hot.tolist() == keras.ops.one_hot([[2, 0]], 3).numpy().tolist()


def test_recorded_defaults_are_genuine(tmp_path: Path) -> None:
    on_tf115("signatures", ROOT / "docs/understand/tf1-to-keras.md", tmp_path / "out.json")
    assert read_json(tmp_path / "out.json") == golden("tf115_signatures")


@languages
def test_numbered_statements_are_there_and_name_their_tests(language: str) -> None:
    tables, _, statements = PAGES[language].partition(f"\n## {SILENT[language]}\n")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", statements, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {int(n) for n in re.findall(r" \[(\d+)\]", tables)} == set(numbers)
    named = re.findall(r"`(test_\w+)`", statements)
    assert len(named) == len(numbers)
    computed = [file.read_text(encoding="utf-8") for file in HERE.glob("test_tf1_to_keras_*.py")]
    for name in named:
        assert sum(f"def {name}(" in text for text in computed) == 1, name
