"""Make the notebooks of the tutorial and of the exercises from their sources, without outputs.

    python docs/tutorial/notebook.py

tutorial.py -> tutorial.ipynb beside it; the same code with the prose of tutorial.zh-CN.txt ->
tutorial.zh-CN.ipynb; likewise the exercises, which begin with the tutorial's first cell.
`make notebook` does it. Where that cell has an ADDRESS on GitHub, both have a link to Colab.
"""

import re
from pathlib import Path

import jupytext
import nbformat

HERE = Path(__file__).resolve().parent
SOURCES = tuple(HERE / f"{name}.py" for name in ("tutorial", "exercises"))
"""The code, and the prose in English; NAME.zh-CN.txt has the prose in Chinese, cell by cell."""
BETWEEN = "<!-- cell -->"
FIRST = "# The tutorial's first cell."
NOTEBOOKS = tuple(
    source.with_suffix(suffix) for source in SOURCES for suffix in (".ipynb", ".zh-CN.ipynb")
)


def made(path: Path) -> str:
    """Return the notebook that belongs at `path`, as it stands in its file."""
    source = HERE / f"{path.name.partition('.')[0]}.py"
    notebook = jupytext.read(source)
    if path.suffixes[0] == ".zh-CN":
        prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
        texts = source.with_suffix(".zh-CN.txt").read_text(encoding="utf-8").split(BETWEEN)
        for cell, text in zip(prose, texts, strict=True):
            cell.source = text.strip()
    first = next(
        cell.source for cell in jupytext.read(SOURCES[0]).cells if cell.cell_type == "code"
    )
    for cell in notebook.cells:
        cell.source = first if cell.source == FIRST else cell.source
    if (link := colab(first, path)) is not None:
        notebook.cells[0].source += f"\n\n{link}"
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # else a random one, another at every call
        cell["metadata"] = {}
    return nbformat.writes(notebook) + "\n"


def colab(first: str, path: Path) -> str | None:
    """Return a link that opens the notebook in Colab, if the first cell says where on GitHub."""
    address = re.search(r'^ADDRESS = "https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?"', first)
    if address is None:
        return None
    where = f"github/{address[1]}/blob/main/docs/tutorial/{path.name}"
    return f"[Colab](https://colab.research.google.com/{where})"


def main() -> None:
    """Write all."""
    for path in NOTEBOOKS:
        path.write_text(made(path), encoding="utf-8")


if __name__ == "__main__":
    main()
