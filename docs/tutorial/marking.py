"""Marks the exercises: `mark(function)` in the notebook, or the files of a whole class at once.

    python -m docs.tutorial.marking FILE...

A FILE is a notebook or a .py. Its imports, functions and classes are taken and RUN, nothing else of
it is. Prints what is right and what is not yet, file by file. Exit status 0; 2 for no file.
"""

import ast
import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from docs.tutorial import truth
from training.machine import startup

ROOT = Path(__file__).resolve().parents[2]
NEAR = 1e-5
"""Of the largest number: NumPy's float32 is within 1e-6 of TensorFlow 1's, every mistake beyond."""
SECONDS = 120
"""How long one answer of a file may take; `check` may search for 20."""
MYSTERIES = {
    "A": "epsilon",
    "B": "bias_add",
    "C": "late_loss",
    "D": "jit_compile",
    "E": "one_minus_beta",
    "F": "onednn_off",
}
"""What the curves of the last exercise were made with."""


def off(found: Any, right: np.ndarray, mistakes: Mapping[str, np.ndarray]) -> str | None:
    """Say what is wrong with an array: of known mistakes, which; of others, how far it is off."""
    if found is ...:
        return "nothing is written yet."
    try:
        given = np.asarray(found, np.float64)
    except (TypeError, ValueError):
        return f"it returns {found!r}, which is not an array of numbers."
    if given.shape != right.shape:
        return f"it returns shape {list(given.shape)}; expected {list(right.shape)}."
    if not np.isfinite(given).all():
        return "it returns numbers that are not finite: something overflows or is divided by 0."
    if _apart(given, right) <= NEAR:
        return None
    for mistake, wrong in mistakes.items():
        if wrong.shape == right.shape and _apart(given, wrong) <= NEAR:
            return mistake
    at = np.unravel_index(np.abs(given - right).argmax(), right.shape)
    where = list(map(int, at))
    return f"at {where} it is {given[at]:.7g}; expected {right[at]:.7g}."


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max() / max(np.abs(other).max(), 1e-30))


def _logits(answer: Callable[..., Any]) -> str | None:
    graph = truth.graph()
    return off(answer(graph.x, *graph.weights), graph.logits, truth.wrong_logits())


def _cost(answer: Callable[..., Any]) -> str | None:
    graph = truth.graph()
    return off(answer(graph.logits, graph.y), graph.cost, truth.wrong_costs())


def _adam(answer: Callable[..., Any]) -> str | None:
    found = truth.by_steps(answer)
    return off(found, truth.adam(), truth.wrong_adams())


def _keras_model(answer: Callable[..., Any]) -> str | None:
    return truth.not_the_graph(answer)


def _kinds(answer: Callable[..., Any]) -> str | None:
    found, causes = answer(), _causes()
    if not isinstance(found, dict) or found.keys() != MYSTERIES.keys():
        return f"it returns {found!r}; expected a dict with the keys {', '.join(MYSTERIES)}."
    wrong = [letter for letter, name in MYSTERIES.items() if found[letter] != causes[name]["kind"]]
    return f"look at {', '.join(wrong)} again: does float64 shrink it?" if wrong else None


def _causes() -> dict[str, Any]:
    measured = ROOT / "docs" / "figures" / "measured" / "figures.json"
    causes: dict[str, Any] = json.loads(measured.read_text(encoding="utf-8"))["ablation"]
    return causes["results"]["causes"]


EXERCISES: dict[str, Callable[[Callable[..., Any]], str | None]] = {
    "logits": _logits,
    "cost": _cost,
    "adam": _adam,
    "keras_model": _keras_model,
    "kinds": _kinds,
}
"""Name of the function to be written -> says what is wrong with it, None where nothing is."""


def mysteries() -> None:
    """Print how far six unnamed causes move the losses of ten epochs, in float32 and in float64."""
    print("    float32  float64")
    for letter, name in MYSTERIES.items():
        row = _causes()[name]
        print(f"{letter}   {row['max_rel']['10']:.1e}  {row['float64']:.1e}")


def wrong_with(name: str, answer: Callable[..., Any]) -> str | None:
    """Say what is wrong with an answer, an exception included; None: it is right."""
    try:
        return EXERCISES[name](answer)
    except Exception as error:  # whatever a learner's function raises is an answer, too
        return f"it raises {type(error).__name__}: {error}"


def mark(answer: Callable[..., Any]) -> bool:
    """Print whether a function is right, which its name says what it is for; return that."""
    said = wrong_with(answer.__name__, answer)
    print(f"{answer.__name__}: right" if said is None else f"{answer.__name__}: not yet: {said}")
    return said is None


def functions(file: Path) -> dict[str, Any]:
    """Return what a notebook or a .py defines; cells that are not Python are passed over."""
    text = file.read_text(encoding="utf-8")
    sources = [text]
    if file.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        tree.body = [node for node in tree.body if isinstance(node, kept)]
        exec(compile(tree, str(file), "exec"), names)
    return names


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in what takes longer."""

    def late(*_: object) -> None:
        raise TimeoutError(f"it takes more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def marked(file: Path) -> dict[str, str | None]:
    """Return what is wrong with each answer of a file; None: it is right."""
    answers = functions(file)
    found: dict[str, str | None] = {}
    for name in EXERCISES:
        if not callable(answers.get(name)):
            found[name] = "there is no such function."
            continue
        with at_most(SECONDS):
            found[name] = wrong_with(name, answers[name])
    return found


def main(files: list[Path]) -> int:
    """Mark every file; return the exit status."""
    if not files or not all(file.is_file() for file in files):
        print("usage: python -m docs.tutorial.marking FILE...   notebooks or .py", file=sys.stderr)
        return 2
    startup.import_tensorflow()
    for file in files:
        found = marked(file)
        right = sum(said is None for said in found.values())
        print(f"{file}: {right} of {len(found)} right")
        for name, said in found.items():
            print(f"  {name}: {'right' if said is None else f'not yet: {said}'}")
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
