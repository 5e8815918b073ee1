"""Reveal the trees of sums under every kernel of this machine's OpenBLAS, and draw them.

    python -m docs.figures.portable.trees

Keeps them in docs/figures/measured/portable-trees.json and draws docs/figures/portable/trees.svg.
"""

import json
import os
import subprocess
import sys
from typing import Any

from docs.figures.portable.machines import ROOT, kernels
from docs.figures.portable.reveal import SUMMANDS, Tree

KEPT = ROOT / "docs" / "figures" / "measured" / "portable-trees.json"
PICTURE = ROOT / "docs" / "figures" / "portable" / "trees.svg"
WIDTH, HEIGHT, MARGIN = 250, 130, 24
COLUMNS = 3


def measure() -> dict[str, Any]:
    """Return kernel -> what docs/figures/portable/reveal.py prints under it."""
    found = {}
    for kernel in kernels(sys.executable):
        done = subprocess.run(
            [sys.executable, "-m", "docs.figures.portable.reveal"],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        found[kernel] = json.loads(done.stdout)
    return found


def drawn(found: dict[str, Any]) -> str:
    """Return the picture: the dot product of four kernels, and the sums that all share."""
    shown = {f"dot product, {kernel}": of["dot"] for kernel, of in [*found.items()][:4]}
    any_of = next(iter(found.values()))
    shown |= {"numpy.sum": any_of["numpy"], "portable": any_of["portable"]}
    panels = []
    for number, (title, tree) in enumerate(shown.items()):
        row, column = divmod(number, COLUMNS)
        left = MARGIN + column * (WIDTH + MARGIN)
        top = MARGIN + row * (HEIGHT + 2 * MARGIN)
        panels.append(
            f'<g transform="translate({left} {top})"><text y="-8">{title}</text>'
            f'<path d="{_lines(tree)}"/></g>'
        )
    rows = -(-len(shown) // COLUMNS)
    size = (COLUMNS * (WIDTH + MARGIN) + MARGIN, rows * (HEIGHT + 2 * MARGIN))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" '
        'font-family="sans-serif" font-size="13" fill="#808080">\n'
        "<style>path { fill: none; stroke: #3b82f6; stroke-width: 1 }</style>\n"
        + "\n".join(panels)
        + "\n</svg>\n"
    )


def _lines(tree: Tree) -> str:
    """Return the lines from every number and sum to the sum that it is added into."""
    levels = _level(tree)
    lines: list[str] = []

    def place(tree: Tree) -> tuple[float, float]:
        y = HEIGHT * (1 - _level(tree) / levels)
        if not isinstance(tree, list):
            return WIDTH * tree / (SUMMANDS - 1), y
        children = [place(child) for child in tree]
        x = sum(child[0] for child in children) / len(children)
        lines.extend(f"M{a:.0f} {b:.0f}L{x:.0f} {y:.0f}" for a, b in children)
        return x, y

    place(tree)
    return "".join(lines)


def _level(tree: Tree) -> int:
    return 1 + max(map(_level, tree)) if isinstance(tree, list) else 0


def main() -> None:
    """Measure and draw."""
    found = measure()
    KEPT.write_text(json.dumps(found) + "\n", encoding="utf-8")
    PICTURE.write_text(drawn(found), encoding="utf-8")


if __name__ == "__main__":
    main()
