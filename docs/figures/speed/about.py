"""What tables of docs/reference/speed.md have in common: their pages, what was measured on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docs.figures import blocks

MEASURED = blocks.ROOT / "docs" / "figures" / "measured"
PAGES = ("docs/reference/speed.md", "docs/zh-CN/reference/speed.md")
WORDS = {
    PAGES[0]: "Measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, Keras {keras}.",
    PAGES[1]: "测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、Keras {keras}。",
}


def machine() -> dict[str, Any]:
    """Return the processor and the versions that figures are of."""
    from training.machine import environment

    of = environment.machine()
    versions = {name: of["packages"][name] for name in ("tensorflow", "keras")}
    return {"cpu": of["cpu"], "cores": of["cores"], **versions}


def lines(rows: list[tuple[str, ...]]) -> str:
    """Return `rows` as a table, the first as its head, the first column text."""
    head, *others = rows
    ruled = [head, ("---", *["---:"] * (len(head) - 1)), *others]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def table(rows: list[tuple[str, ...]], page: str, on: dict[str, Any]) -> str:
    """Return `rows` as a table, and what they were measured on."""
    return f"{lines(rows)}\n\n{WORDS[page].format(**on)}"


def keep(file: Path, figures: Any) -> None:
    """Write `figures` to `file`."""
    file.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def publish(file: Path, rewrite: Callable[[str, str, Any], str], figures: Any) -> None:
    """Keep `figures` in `file`, and write both pages from it as `blocks.write` does."""
    keep(file, figures)
    blocks.write(PAGES, rewrite, json.loads(file.read_text(encoding="utf-8")))
