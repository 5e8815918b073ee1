"""Write what was measured of the portable lane into the pages that quote it.

    python -m docs.figures.portable.write

measure.py, beside this, has measured the checksums, and trees.py the blocks of sums. Replaces what
stands between `<!-- portable: NAME -->` and `<!-- end -->`.
"""

import json
from typing import Any

from docs.figures import blocks
from docs.figures.portable import measure, trees

KEPT = measure.KEPT
READMES = ("README.md", "README.zh-CN.md")
ENGLISH, CHINESE = "docs/understand/portable-bits.md", "docs/zh-CN/understand/portable-bits.md"
PAGES = (*READMES, ENGLISH, CHINESE)
CASES = ("mnist_5k, 50 epochs", "mnist_5k, 1000 epochs", "mnist, 20 epochs")
QUOTED, DIGITS = CASES[1], 8
HEADINGS = {
    ENGLISH: ("Python", "NumPy", "products by", "kernel", "threads", "SIMD", *CASES),
    CHINESE: (
        *("Python", "NumPy", "矩阵乘法", "内核", "线程", "SIMD"),
        *("mnist_5k，50 个 epoch", "mnist_5k，1000 个 epoch", "mnist，20 个 epoch"),
    ),
}
OF_BLOCKS = {ENGLISH: ("kernel", "blocks of 784 numbers"), CHINESE: ("内核", "784 个数分成的块")}
OWN_CHOICE = {ENGLISH: "its own choice", CHINESE: "自行选择"}
"""What a library takes that is told nothing."""


def checksum(machines: list[dict[str, Any]], case: str) -> str:
    """Return the one that all machines have; SystemExit where there are two."""
    found = {of["sha256"][case] for of in machines if case in of["sha256"]}
    if len(found) != 1:
        raise SystemExit(f"{case}: expected one checksum, found {sorted(found)}")
    return found.pop()


def table(headings: tuple[str, ...], rows: list[list[str]]) -> str:
    """Return it in Markdown."""
    head = [headings, ["---"] * len(headings)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*head, *rows])


def of_machines(machines: list[dict[str, Any]], page: str) -> str:
    """Return the table of machines and checksums."""
    rows = []
    for of in machines:
        named = dict(of["machine"])
        if named["kernel"] == OWN_CHOICE[ENGLISH]:
            named["kernel"] = OWN_CHOICE[page]
        shown = [of["sha256"].get(case, "-")[:DIGITS] for case in CASES]
        rows.append([*map(str, named.values()), *shown])
    return table(HEADINGS[page], rows)


def of_blocks(page: str) -> str:
    """Return the table of kernels and the blocks in which they sum."""
    found = json.loads(trees.KEPT.read_text(encoding="utf-8"))
    return table(
        OF_BLOCKS[page],
        [[kernel, " + ".join(map(str, of["blocks"]))] for kernel, of in found.items()],
    )


def rewrite(page: str, text: str, machines: list[dict[str, Any]]) -> str:
    """Return `text`, the content of `page`, with its blocks written from what was measured."""
    quoted = f"```text\n{checksum(machines, QUOTED)}\n```"
    text = blocks.replace(text, "portable", "checksum", quoted)
    if page in READMES:
        return text
    text = blocks.replace(text, "portable", "blocks", of_blocks(page))
    return blocks.replace(text, "portable", "machines", of_machines(machines, page))


if __name__ == "__main__":
    blocks.write(PAGES, rewrite, json.loads(KEPT.read_text(encoding="utf-8")))  # type: ignore[arg-type]
