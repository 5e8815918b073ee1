"""The exercises mark answers: solutions are right, stubs and usual mistakes are named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from docs.tutorial import marking, solutions, truth
from tests.conftest import ROOT

TUTORIAL = ROOT / "docs" / "tutorial"


def test_solutions_are_right() -> None:
    assert marking.marked(TUTORIAL / "solutions.py") == dict.fromkeys(marking.EXERCISES)


@pytest.mark.slow
def test_nothing_is_right_before_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """And the two mistakes of the rewrite are found as `tf1keras check` finds them."""
    assert marking.main([TUTORIAL / "exercises.ipynb"]) == 0
    said = capsys.readouterr().out
    assert "exercises.ipynb: 0 of 5 right" in said
    assert "logits: not yet: nothing is written yet." in said
    assert "keras_model: not yet: different: activation" in said
    assert "epsilon" in said


def overflows(logits: np.ndarray, y: np.ndarray) -> Any:
    powers = np.exp(logits * 10)
    return -(y * np.log(powers / powers.sum(axis=1, keepdims=True))).sum(axis=1).mean()


def forgets_epsilon(w: Any, g: Any, m: Any, v: Any, t: int) -> Any:
    moved, m, v = solutions.adam(w, g, m, v, t)
    return w + (moved - w) * (np.sqrt(v) + 1e-8) / (np.sqrt(v) + 1e-7), m, v


def raises(*_: Any) -> Any:
    raise RuntimeError("not today")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("logits", lambda x, W1, b1, W2, b2: (x @ W1 + b1) @ W2 + b2, "no ReLU"),
        ("logits", lambda x, W1, b1, W2, b2: x, "shape [32, 784]; expected [32, 10]"),
        ("logits", lambda x, *_: truth.graph().logits + 1, "expected"),
        ("logits", raises, "it raises RuntimeError: not today"),
        ("cost", lambda logits, y: solutions.cost(logits, y) * len(y), "sum over the rows"),
        ("cost", overflows, "not finite"),
        ("cost", lambda logits, y: "low", "not an array of numbers"),
        ("adam", forgets_epsilon, "epsilon is 1e-7"),
        ("kinds", lambda: dict.fromkeys("ABCDEF", "semantics"), "look at B, D, F again"),
    ],
)
def test_a_mistake_is_named(name: str, answer: Callable[..., Any], said: str) -> None:
    assert said in (marking.wrong_with(name, answer) or "right")


def test_usual_mistakes_are_far_from_right() -> None:
    """Beyond what counts as near, so that none of them is taken for right, nor for another."""
    graph = truth.graph()
    for right, mistakes in (
        (graph.logits, truth.wrong_logits()),
        (graph.cost, truth.wrong_costs()),
        (truth.adam(), truth.wrong_adams()),
    ):
        arrays = [right, *mistakes.values()]
        for number, one in enumerate(arrays):
            for other in arrays[:number]:
                assert np.abs(one - other).max() > 10 * marking.NEAR * np.abs(other).max()


def test_of_a_file_only_what_it_defines_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "anna.py"
    file.write_text("raise SystemExit\ndef kinds():\n    return {}\n", encoding="utf-8")
    assert marking.main([file]) == 0
    said = capsys.readouterr().out
    assert "anna.py: 0 of 5 right" in said
    assert "adam: not yet: there is no such function." in said
    assert "kinds: not yet: it returns {}; expected a dict with the keys A, B, C, D, E, F." in said
    assert marking.main([tmp_path / "nobody.py"]) == 2


def test_an_answer_that_does_not_end_is_stopped() -> None:
    def for_ever() -> None:
        while True:
            pass

    with marking.at_most(1):
        said = marking.wrong_with("kinds", for_ever)
    assert said == "it raises TimeoutError: it takes more than 1 seconds"
