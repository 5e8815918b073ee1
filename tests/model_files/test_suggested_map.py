"""`tf1keras migrate` of a checkpoint with names of its own: what its shapes tell."""

import json
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import run
from tf1_compat import checkpoint
from tf1_compat.hyperparameters import Hyperparameters
from training.model_files import suggested_map

Printed = pytest.CaptureFixture[str]
OWN = {"Variable": "W1", "Variable_1": "b1", "Variable_2": "out/W", "Variable_3": "out/it's"}


def named(article: Path, to: Path, *, slots: bool) -> dict[str, np.ndarray]:
    """Write the article's arrays under OWN names; return them."""
    arrays = {}
    for name, array in checkpoint.read(article).items():
        first, slash, rest = name.partition("/")
        if slots or (first in OWN and not slash):
            arrays[OWN.get(first, first) + slash + rest] = array
    checkpoint.write(to, arrays)
    return arrays


@pytest.mark.parametrize("slots", [True, False])
def test_what_is_printed_can_be_pasted_into_a_shell_and_migrates_all(
    slots: bool, article: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.chdir(tmp_path)
    arrays = named(article, Path("a b/model.ckpt"), slots=slots)
    assert run("migrate", "a b/model.ckpt", "--to", "to.keras", "--lane", "idiomatic") == 2
    said, save, again, *more = capsys.readouterr().err.splitlines()
    assert not more
    assert "the shapes of the article's 784-128-10" in said
    assert save.endswith(" > map.json")
    assert "--map map.json" in again
    assert ("--weights-only" in again) == (not slots)
    assert ("without an optimizer's state" in said) == (not slots)
    subprocess.run(["bash", "-c", save], check=True)
    name, *words = shlex.split(again)
    assert name == "tf1keras"
    assert run(*words) == 0
    found = json.loads(Path("map.json").read_text(encoding="utf-8"))
    assert found == {
        "W1": "hidden_layer/kernel",
        "b1": "hidden_layer/bias",
        "out/W": "output_layer/kernel",
        "out/it's": "output_layer/bias",
    }
    if slots:
        back = ["migrate", "to.keras", "--to", "back/model.ckpt", "--map", "map.json"]
        assert run(*back) == 0
        there = checkpoint.read("back/model.ckpt")
        assert {name: array.tobytes() for name, array in there.items()} == {
            name: array.tobytes() for name, array in arrays.items()
        }


def test_what_has_the_same_shape_is_left_to_choose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.chdir(tmp_path)
    shapes = {
        **{"a/w": (784, 64), "b/w": (64, 64), "c/w": (64, 64), "d/w": (64, 10)},
        **{"a/b": (64,), "b/b": (64,), "c/b": (64,), "d/b": (10,)},
    }
    arrays = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    slots = {f"{n}/{s}": a for n, a in arrays.items() for s in ("Adam", "Adam_1")}
    powers = {f"beta{n}_power": np.float32(0.5) for n in (1, 2)}
    checkpoint.write("own/model.ckpt", arrays | slots | powers)
    assert run("migrate", "own", "--to", "to.keras") == 2
    said, choose, again, *more = capsys.readouterr().err.splitlines()
    assert not more
    assert said.endswith(
        "article's 784-64-64-64-10; shapes do not tell which is which of b/w [64, 64], "
        "c/w [64, 64], b/b [64], c/b [64]."
    )
    text = choose.partition(": ")[2]
    assert json.loads(text, object_pairs_hook=list) == [
        ("a/w", "hidden_layer/kernel"),
        ("a/b", "hidden_layer/bias"),
        ("b/w or c/w", "hidden_layer_2/kernel"),
        ("b/b or c/b", "hidden_layer_2/bias"),
        ("b/w or c/w", "hidden_layer_3/kernel"),
        ("b/b or c/b", "hidden_layer_3/bias"),
        ("d/w", "output_layer/kernel"),
        ("d/b", "output_layer/bias"),
    ]
    assert again == "tf1keras migrate own --to to.keras --map map.json"


def test_other_shapes_than_the_articles_are_listed_and_need_a_pair(
    rules: Path, tmp_path: Path, capsys: Printed
) -> None:
    bare = tmp_path / "bare" / "model.ckpt"
    checkpoint.write(bare, checkpoint.read(rules / "Adam" / "model.ckpt"))
    assert run("migrate", bare, "--to", tmp_path / "to.keras") == 2
    message = capsys.readouterr().err
    assert "found net/bias [4], net/first [6, 4], net/second [4, 3]." in message
    assert "--pair PAIR.py" in message
    assert "--weights-only" not in message
    assert len(message.splitlines()) <= 3


def test_layers_that_tensorflow_1_numbered_are_in_the_order_of_their_numbers() -> None:
    widths, names = (784, *[16] * 11, 10), ["dense", *(f"dense_{n}" for n in range(1, 12))]
    shapes = dict(zip(names, Hyperparameters(widths).layers, strict=True))
    both = {f"{name}/kernel": shape for name, shape in shapes.items()}
    both |= {f"{name}/bias": shape[1:] for name, shape in shapes.items()}
    found = suggested_map.candidates(dict(sorted(both.items())), widths)
    assert [*found.values()] == [[f"{n}/{kind}"] for n in names for kind in ("kernel", "bias")]


@pytest.mark.parametrize("hidden", [(), (128,), (64, 32), (32, 64, 32, 16), (10, 10), (50,) * 8])
def test_widths_are_read_off_the_shapes_in_any_order(hidden: tuple[int, ...]) -> None:
    widths = (784, *hidden, 10)
    shapes = with_biases([*Hyperparameters(widths).layers])
    backwards = dict(reversed(shapes.items()))
    assert suggested_map.article(backwards) == widths
    sure = {n for found in suggested_map.candidates(backwards, widths).values() for n in found[1:]}
    assert bool(sure) == (len({*shapes.values()}) < len(shapes))
    assert suggested_map.article(backwards | {"more": (3,)}) is None
    assert suggested_map.article({name: backwards[name] for name in [*backwards][1:]}) is None


def test_two_orders_of_the_same_kernels_are_no_order() -> None:
    kernels = [(784, 64), (64, 32), (32, 64), (64, 16), (16, 64), (64, 10)]
    assert suggested_map.article(with_biases(kernels)) is None
    too_many = 20 * [(784, 64), (64, 784), (784, 32), (32, 784)]  # nobody tries all orders
    assert suggested_map.article(with_biases(too_many)) is None


def with_biases(kernels: list[tuple[int, int]]) -> dict[str, tuple[int, ...]]:
    shapes = [shape for kernel in kernels for shape in (kernel, kernel[1:])]
    return {f"v{number}": shape for number, shape in enumerate(shapes)}
