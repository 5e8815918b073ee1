"""The tutorial: both notebooks are what their sources make, and it runs from top to bottom."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from docs.tutorial import notebook
from tests.conftest import ROOT

TUTORIAL = ROOT / "docs" / "tutorial"
ENGLISH, CHINESE = notebook.NOTEBOOKS


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", notebook.NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_what_its_source_makes_without_outputs(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    assert written == notebook.made(path), "run `make notebook`"
    nbformat.validate(read(path))
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)


def test_both_languages_have_the_same_code_and_links() -> None:
    for ours, theirs in zip(read(ENGLISH).cells, read(CHINESE).cells, strict=True):
        if ours.cell_type == "code":
            assert ours.source == theirs.source
        else:
            assert re.search(r"[\u4e00-\u9fff]", theirs.source)
            links = [re.findall(r"\]\((\S+?)\)", cell.source) for cell in (ours, theirs)]
            plain = [[re.sub(r"zh-CN/|\.zh-CN", "", link) for link in of] for of in links]
            assert plain[0] == plain[1]


@pytest.mark.parametrize("path", notebook.NOTEBOOKS, ids=lambda path: path.name)
def test_links_of_the_tutorial_lead_somewhere(path: Path) -> None:
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((\S+?)\)", cell.source):
                assert (TUTORIAL / target).is_file(), target


def shown(notebook: nbformat.NotebookNode) -> str:
    """All that an executed notebook shows as text, without terminal colours."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            texts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(texts))


@pytest.mark.slow
def test_the_tutorial_runs_from_top_to_bottom() -> None:
    executed = read(ENGLISH)
    place = {"metadata": {"path": str(TUTORIAL)}}
    NotebookClient(executed, timeout=240, kernel_name="python3", resources=place).execute()
    text = shown(executed)
    assert "AttributeError: module 'tensorflow' has no attribute 'placeholder'" in text
    assert "Epoch: 0 Loss: 101.944" in text
    rewrites = re.findall(r"^(Adam.*?\)|the exact lane) +(\S+) relative", text, re.MULTILINE)
    default, right, exact = (float(far) for _, far in rewrites)
    assert default > right > exact == 0
    said = ("EQUIVALENT", "DIFFERENT", "- epsilon: 1e-07 in Keras")
    assert sorted(said, key=text.index) == list(said)
    kinds = dict(re.findall(r"^(\w+) .* (semantics|rounding|none) *$", text, re.MULTILINE))
    assert kinds["epsilon"] == kinds["probabilities"] == "semantics"
    assert kinds["bias_add"] == "rounding"
    assert "bit for bit over 100 epochs" in text
    ((before, after),) = re.findall(r"Test accuracy: ([\d.]+)% -> ([\d.]+)%", text)
    assert float(after) > 90 > float(before)
    assert re.search(r"seven\.png +keras +7 ", text)
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
