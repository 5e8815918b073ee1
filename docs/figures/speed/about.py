"""The tables of docs/reference/speed.md: on which pages, one for each processor."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docs.figures import blocks

MEASURED = blocks.ROOT / "docs" / "figures" / "measured"
PAGES = ("docs/reference/speed.md", "docs/zh-CN/reference/speed.md")
Table = Callable[[str, dict[str, Any]], list[tuple[str, ...]]]
"""Of a page and what was measured: the lines of a table, its headings the first."""
WORDS = {
    PAGES[0]: "Measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, Keras {keras}.",
    PAGES[1]: "测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、Keras {keras}。",
}


def machine() -> dict[str, Any]:
    """Return the processor and the versions that figures are of."""
    from training.machine import environment

    return machine_of(environment.machine())


def machine_of(of: dict[str, Any]) -> dict[str, Any]:
    """Return the same of a run, from its environment.json."""
    versions = {name: of["packages"][name] for name in ("tensorflow", "keras")}
    return {"cpu": of["cpu"], "cores": of["cores"], **versions}


def lines(rows: list[tuple[str, ...]]) -> str:
    """Return `rows` as a table, the first as its head, the first column text."""
    head, *others = rows
    ruled = [head, ("---", *["---:"] * (len(head) - 1)), *others]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def rewrite(name: str, table: Table, page: str, text: str, kept: dict[str, Any]) -> str:
    """Return `text`, the content of `page`, with a table of each processor in its block `name`.

    `kept` is processor -> figures, of which `table` makes lines; below them stands what they were
    measured on.
    """
    tables = [
        f"{lines(table(page, figures))}\n\n{WORDS[page].format(**figures['on'])}"
        for figures in kept.values()
    ]
    return blocks.replace(text, name, "table", "\n\n".join(tables))


def keep(file: Path, figures: Any) -> None:
    """Write `figures` to `file`."""
    file.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def publish(file: Path, rewrite: Callable[[str, str, Any], str], figures: dict[str, Any]) -> None:
    """Keep `figures` in `file`, after those of other processors, and write both pages from it."""
    cpu, kept = figures["on"]["cpu"], json.loads(file.read_text(encoding="utf-8"))
    kept.pop(cpu, None)
    keep(file, kept | {cpu: figures})
    blocks.write(PAGES, rewrite, json.loads(file.read_text(encoding="utf-8")))
