"""Make the tutorial's notebooks from their sources, without outputs.

    python docs/tutorial/notebook.py

docs/tutorial/tutorial.py -> tutorial.ipynb beside it; the same code with the prose of
tutorial.zh-CN.txt -> tutorial.zh-CN.ipynb. `make notebook` does it.
"""

from pathlib import Path

import jupytext
import nbformat

HERE = Path(__file__).resolve().parent
CODE = HERE / "tutorial.py"
"""The code, and the prose in English."""
PROSE = HERE / "tutorial.zh-CN.txt"
"""The prose in Chinese, cell by cell."""
BETWEEN = "<!-- cell -->"
NOTEBOOKS = (CODE.with_suffix(".ipynb"), PROSE.with_suffix(".ipynb"))


def made(path: Path) -> str:
    """Return the notebook that belongs at `path`, as it stands in its file."""
    notebook = jupytext.read(CODE)
    if path == NOTEBOOKS[1]:
        prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
        texts = PROSE.read_text(encoding="utf-8").split(BETWEEN)
        for cell, text in zip(prose, texts, strict=True):
            cell.source = text.strip()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # else a random one, another at every call
        cell["metadata"] = {}
    return nbformat.writes(notebook) + "\n"


def main() -> None:
    """Write both."""
    for path in NOTEBOOKS:
        path.write_text(made(path), encoding="utf-8")


if __name__ == "__main__":
    main()
