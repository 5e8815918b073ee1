"""Make the tutorial's notebooks from their sources, without outputs.

    python docs/tutorial/notebook.py

docs/tutorial/tutorial.py -> tutorial.ipynb beside it, and the same in Chinese. `make notebook` does
it.
"""

from pathlib import Path

import jupytext
import nbformat

HERE = Path(__file__).resolve().parent
SOURCES = ("tutorial.py", "tutorial.zh-CN.py")


def made(source: Path) -> str:
    """Return the notebook of `source`, in jupytext's percent format, as it stands in its file."""
    notebook = jupytext.read(source)
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
    for name in SOURCES:
        source = HERE / name
        source.with_suffix(".ipynb").write_text(made(source), encoding="utf-8")


if __name__ == "__main__":
    main()
