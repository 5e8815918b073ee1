"""Measure what docs/start/article-map.md and its Chinese twin quote, and write it there.

    python -m docs.figures.write_article_map

Runs the commands below into runs/article-map/, but for those whose folder is there, keeps their
figures in measured/article-map.json, and replaces what stands between `<!-- map: NAME -->` and
`<!-- end -->`, and single figures between `<!--= NAME -->` and `<!--/-->`. Needs JAX and PyTorch;
`make article-map` does all of it in a quarter of an hour on two cores.
"""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docs.figures import blocks, worked_example

ROOT = Path(__file__).resolve().parents[2]
DOCS, RUNS = ROOT / "docs" / "figures", ROOT / "runs" / "article-map"
PAGES = ("docs/start/article-map.md", "docs/zh-CN/start/article-map.md")
KEPT = DOCS / "measured" / "article-map.json"

COSTS = ("cross_entropy", "mse")
OPTIMIZERS = ("adam", "gradient_descent")
PENALTIES = {"none": (), "l1": ("--l1", "0.001"), "l2": ("--l2", "0.01")}
MATRIX_EPOCHS, FLOAT64_EPOCHS, FRAMEWORK_EPOCHS, WIDE_EPOCHS = 200, 50, 100, 20
REGULARIZERS = {
    "none": (),
    "l1": ("--l1", "0.001"),
    "l2": ("--l2", "0.01"),
    "dropout": ("--dropout", "0.2"),
}
THRESHOLD = 1.0


def compare(name: str, *options: str) -> dict[str, Any]:
    """Run `tf1keras compare` into a folder, if that is not there yet; return its results."""
    folder = RUNS / name
    if not folder.exists():
        command = [sys.executable, "-m", "training", "compare", *options, "--out", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True)
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def measure() -> dict[str, Any]:
    """Run every command; return what the pages quote."""
    matrix = []
    for cost, optimizer, penalty in itertools.product(COSTS, OPTIMIZERS, PENALTIES):
        options = ("--cost", cost, "--optimizer", optimizer, *PENALTIES[penalty])
        lanes = ("--lanes", "tf1", "exact", "idiomatic", "numpy", "--epochs", str(MATRIX_EPOCHS))
        found = compare(f"{cost}-{optimizer}-{penalty}", *options, *lanes)
        matrix.append(
            {"cost": cost, "optimizer": optimizer, "penalty": penalty}
            | {"lanes": found["lanes"], "exact_holds": found["exact_holds"]}
            | {"from_exact_arithmetic": found["from_exact_arithmetic"]}
            | {"float64": by_hand(cost, optimizer, penalty)}
        )
    every = ("tf1", "idiomatic", "keras-jax", "keras-torch")
    wide = ("--hidden", "2048", "2048", "2048", "--lanes", "tf1", "exact")
    formulas = ("--cost", "mse", "--optimizer", "gradient_descent")
    regularized = {
        name: compare(f"regularized-{name}", "--lanes", "idiomatic", *options)["lanes"]
        for name, options in REGULARIZERS.items()
    }
    figures = {
        "matrix": matrix,
        "thousand": compare("thousand", "--lanes", "tf1", "exact", "idiomatic", "numpy"),
        "formulas": compare("formulas", *formulas, "--lanes", "tf1", "exact", "numpy"),
        "frameworks": compare("frameworks", "--lanes", *every, "--epochs", str(FRAMEWORK_EPOCHS)),
        "wide": compare("wide", *wide, "--epochs", str(WIDE_EPOCHS)),
        "stopped": compare("stopped", "--lanes", "tf1", "exact", "--stop-below", f"{THRESHOLD:g}"),
        "regularized": {name: lanes["idiomatic"] for name, lanes in regularized.items()},
    }
    about = json.loads((RUNS / "thousand" / "environment.json").read_text(encoding="utf-8"))
    packages = ("tensorflow", "keras")
    figures["measured_on"] = {"cpu": about["cpu"], "cores": about["cores"]} | {
        name: about["packages"][name] for name in packages
    }
    return figures


def by_hand(cost: Any, optimizer: Any, penalty: str) -> float:
    """Return how far NumPy's losses are from TensorFlow 1's graph, both in float64, at most."""
    from training.machine import startup

    startup.import_tensorflow()
    import tensorflow as tf

    from tf1_compat.hyperparameters import Hyperparameters
    from tf1_compat.program import Program
    from training import data
    from training.lanes.by_hand import Backpropagation
    from training.parity.distance import relative_distance

    strength = dict([(penalty, float(PENALTIES[penalty][1]))] if PENALTIES[penalty] else [])
    hyper = Hyperparameters(cost=cost, optimizer=optimizer, **strength)  # type: ignore[arg-type]
    train = data.load("mnist_5k").train
    program = Program(*train, seed=1234, dtype=tf.float64, hyper=hyper)
    numpy = Backpropagation(*train, program.weights(), hyper)
    theirs, ours = ([one.step() for _ in range(FLOAT64_EPOCHS)] for one in (program, numpy))
    program.close()
    return float(relative_distance(ours, theirs).max())


def quoted(figures: dict[str, Any]) -> dict[str, str]:
    """Return the single figures that the pages quote, by name, as they are shown."""
    from tf1_compat.hyperparameters import Hyperparameters
    from training.parity.distance import shown as distance

    shown = json.loads((DOCS / "measured" / "figures.json").read_text(encoding="utf-8"))
    tuned = json.loads((DOCS / "measured" / "finetune.json").read_text(encoding="utf-8"))
    lanes = shown["comparison"]["results"]["lanes"]
    matrix, thousand, frameworks = (figures[n] for n in ("matrix", "thousand", "frameworks"))
    studied = {row["strategy"]: row for row in tuned["mnist"]["rows"]}
    few = {row["strategy"]: row for row in tuned["digits-1"]["rows"]}
    wide = Hyperparameters((784, 2048, 2048, 2048, 10))
    return {
        "first_loss": str(lanes["tf1"]["first_loss"]),
        "accuracy_5k": f"{lanes['tf1']['test_accuracy']:.2%}",
        "accuracy_mnist": f"{tuned['default'][0]['source_accuracy']:.2%}",
        "accuracy_tuned": f"{_mean(tuned['default'], 'test_accuracy'):.2%}",
        "parameters": f"{Hyperparameters().parameters:,}",
        "wide_parameters": f"{wide.parameters:,}",
        "wide_ulp": str(figures["wide"]["lanes"]["exact"]["max_ulp"]),
        "wide_epochs": str(figures["wide"]["epochs"]),
        "wide_seconds": f"{figures['wide']['lanes']['exact']['seconds_per_epoch']:.1f}",
        "seconds": f"{thousand['lanes']['exact']['seconds_per_epoch']:.3f}",
        "matrix_ulp": str(max(row["lanes"]["exact"]["max_ulp"] for row in matrix)),
        "matrix_float64": distance(max(row["float64"] for row in matrix)),
        "by_hand_first": distance(thousand["from_exact_arithmetic"]["tf1"]["first_epochs"]),
        "by_hand_all": distance(thousand["from_exact_arithmetic"]["tf1"]["all"]),
        "by_hand_idiomatic": distance(
            thousand["from_exact_arithmetic"]["idiomatic"]["first_epochs"]
        ),
        "jax": distance(frameworks["lanes"]["keras-jax"]["max_rel"]),
        "torch": distance(frameworks["lanes"]["keras-torch"]["max_rel"]),
        "tensorflow": distance(frameworks["lanes"]["idiomatic"]["max_rel"]),
        "stopped_after": str(figures["stopped"]["epochs"]),
        "stopped_loss": f"{figures['stopped']['lanes']['tf1']['last_loss']:.4g}",
        "mse_first": f"{figures['formulas']['lanes']['tf1']['first_loss']:,.0f}",
        "mse_last": f"{figures['formulas']['lanes']['tf1']['last_loss']:.3g}",
        "mse_accuracy": f"{figures['formulas']['lanes']['tf1']['test_accuracy']:.2%}",
        "mse_ulp": str(figures["formulas"]["lanes"]["exact"]["max_ulp"]),
        **{
            f"with_{name}": f"{row['test_accuracy']:.2%}"
            for name, row in figures["regularized"].items()
        },
        "to_97_scratch": f"{studied['scratch']['epochs_to']:.1f}",
        "to_97_rescaled": f"{studied['full']['epochs_to']:.1f}",
        "naive": f"{studied['naive']['test_accuracy']:.2%}",
        "one_label_tuned": f"{few['naive']['test_accuracy']:.2%}",
        "one_label_scratch": f"{few['scratch']['test_accuracy']:.2%}",
    }


def _mean(rows: Sequence[dict[str, Any]], key: str) -> float:
    return sum(row[key] for row in rows) / len(rows)


HEADINGS = {
    PAGES[0]: {
        "matrix": (
            *("cost", "optimizer", "penalty", "first loss", f"loss {MATRIX_EPOCHS}", "exact, ULP"),
            *("idiomatic", "float32 to by hand", "float64 to by hand"),
        ),
        "example": ("step", "formula", "numbers"),
        "on": "Measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, Keras {keras}.",
    },
    PAGES[1]: {
        "matrix": (
            *("代价", "优化器", "正则化", "首个 loss", f"第 {MATRIX_EPOCHS} 个", "exact，ULP"),
            *("idiomatic", "float32 与手算", "float64 与手算"),
        ),
        "example": ("步骤", "公式", "数值"),
        "on": "测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、Keras {keras}。",
    },
}


def matrix(figures: dict[str, Any], page: str) -> str:
    """Return the table of the parity matrix."""
    from training.parity.distance import shown as distance

    rows = [HEADINGS[page]["matrix"], ("---", "---", "---", *["---:"] * 6)]
    for row in figures["matrix"]:
        lanes = row["lanes"]
        rows.append(
            (
                *(row["cost"], row["optimizer"], row["penalty"]),
                *(f"{lanes['tf1'][which]:.6g}" for which in ("first_loss", "last_loss")),
                str(lanes["exact"]["max_ulp"]),
                distance(lanes["idiomatic"]["max_rel"]),
                distance(row["from_exact_arithmetic"]["tf1"]["first_epochs"]),
                distance(row["float64"]),
            )
        )
    return f"{_table(rows)}\n\n{str(HEADINGS[page]['on']).format(**figures['measured_on'])}"


def example(page: str) -> str:
    """Return the table of the worked example."""
    rows = [HEADINGS[page]["example"], ("---:", "---", "---")]
    rows += [(step, f"`{formula}`", numbers) for step, formula, numbers in worked_example.lines()]
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def rewrite(page: str, text: str, figures: dict[str, Any]) -> str:
    """Return `text`, the content of `page`, with blocks and single figures written anew."""
    text = blocks.replace(text, "map", "matrix", matrix(figures, page))
    text = blocks.replace(text, "map", "example", example(page))
    known = quoted(figures)
    return re.sub(r"(<!--= (\w+) -->).*?(<!--/-->)", lambda m: f"{m[1]}{known[m[2]]}{m[3]}", text)


def main() -> None:
    """Measure and write everything."""
    figures = measure()
    KEPT.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    blocks.write(PAGES, rewrite, figures)


if __name__ == "__main__":
    main()
