"""Measure how far Keras' everyday lines are from TensorFlow 1, and write it where it is quoted.

    python -m docs.figures.write_traps [PYTHON]

PYTHON has TensorFlow 1.15.5 (`make tf115`): what it gives is kept in measured/traps-tf115.json;
without it, what is there is taken. Keeps the distances in measured/traps.json and replaces what
stands between `<!-- traps: NAME -->` and `<!-- end -->` in docs/understand/tf1-to-keras.md and
its Chinese twin. `make traps` does all of it, within a minute.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from docs.figures import blocks

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "docs" / "figures"
KEPT = HERE / "measured" / "traps.json"
TENSORFLOW_1 = HERE / "measured" / "traps-tf115.json"
PAGES = ("docs/understand/tf1-to-keras.md", "docs/zh-CN/understand/tf1-to-keras.md")
WORDS = {
    PAGES[0]: (
        ("", "TensorFlow 1", "Keras, as first written", "off by", "instead", "off by"),
        "Measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, Keras {keras}.",
    ),
    PAGES[1]: (
        ("", "TensorFlow 1", "Keras 的第一种写法", "相差", "应写成", "相差"),
        "测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、Keras {keras}。",
    ),
}


def record(python: str) -> dict[str, dict[str, list]]:
    """Return what TensorFlow 1.15.5 gives: trap -> updates -> arrays."""
    import numpy as np

    from docs.figures.traps.inputs import inputs

    found: dict[str, dict[str, list]] = {}
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "inputs.npz"), Path(folder, "out.npz")
        np.savez(given, **inputs())
        script = HERE / "traps" / "tensorflow_1.py"
        subprocess.run([python, str(script), str(given), str(out)], check=True)
        for name, array in np.load(out).items():
            trap, updates, _ = name.split("/")
            shortest = np.array([float(str(one)) for one in array.flat]).reshape(array.shape)
            found.setdefault(trap, {}).setdefault(updates, []).append(shortest.tolist())
    return found


def measure() -> dict[str, Any]:
    """Return what the pages quote."""
    from docs.figures.traps.traps import TRAPS, distances
    from training.machine.environment import machine

    recorded = json.loads(TENSORFLOW_1.read_text(encoding="utf-8"))
    traps = {
        name: {**trap._asdict(), "off": distances(name, recorded[name])}
        for name, trap in TRAPS.items()
    }
    for one in traps.values():
        del one["side"]
    about = machine()
    versions = {name: about["packages"][name] for name in ("tensorflow", "keras")}
    return {"traps": traps, "on": {"cpu": about["cpu"], "cores": about["cores"]} | versions}


def table(figures: dict[str, Any], page: str) -> str:
    """Return a row for every trap, and what it was measured on."""
    from training.parity.distance import shown

    headings, measured_on = WORDS[page]
    rows = [headings, ("---:", "---", "---", "---:", "---", "---:")]
    for one in figures["traps"].values():
        written, instead = (
            " / ".join(map(shown, one["off"][which].values())) for which in ("written", "instead")
        )
        rows.append(
            (
                *(f"[{one['statement']}]", f"`{one['tensorflow_1']}`", f"`{one['written']}`"),
                *(written, f"`{one['instead']}`", instead),
            )
        )
    shown_rows = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{shown_rows}\n\n{measured_on.format(**figures['on'])}"


def pieces() -> str:
    """Return the code that the table's lines call, as it is run."""
    _, _, code = (HERE / "traps" / "pieces.py").read_text(encoding="utf-8").partition("\n\n")
    return f"```python\n{code.rstrip()}\n```"


def rewrite(page: str, text: str, figures: dict[str, Any]) -> str:
    """Return `text`, the content of `page`, with its table and its code written anew."""
    text = blocks.replace(text, "traps", "table", table(figures, page))
    return blocks.replace(text, "traps", "pieces", pieces())


def main(*python: str) -> None:
    """Measure and write everything."""
    if python:
        lines = [f'"{trap}": {json.dumps(of)}' for trap, of in record(*python).items()]
        TENSORFLOW_1.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    figures = measure()
    KEPT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    blocks.write(PAGES, rewrite, figures)


if __name__ == "__main__":
    main(*sys.argv[1:])
