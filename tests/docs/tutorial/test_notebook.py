"""The notebooks are what their sources make; the tutorial runs, also from a bare runtime."""

import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from docs.tutorial import notebook
from tests.conftest import ROOT

TUTORIAL = ROOT / "docs" / "tutorial"
NOBODY = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
ENGLISH = TUTORIAL / "tutorial.ipynb"
PAIRS = [*zip(notebook.NOTEBOOKS[::2], notebook.NOTEBOOKS[1::2], strict=True)]


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", notebook.NOTEBOOKS, ids=lambda path: path.name)
def test_notebook_is_what_its_source_makes_without_outputs(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    assert written == notebook.made(path), "run `make notebook`"
    nbformat.validate(read(path))
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda path: path.name)
def test_both_languages_have_the_same_code_and_links(english: Path, chinese: Path) -> None:
    for ours, theirs in zip(read(english).cells, read(chinese).cells, strict=True):
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


def test_they_open_in_colab_once_their_address_is_known() -> None:
    first = read(ENGLISH).cells[2].source
    assert first.startswith('ADDRESS = ""\n')
    assert all(first in [cell.source for cell in read(path).cells] for path in notebook.NOTEBOOKS)
    known = first.replace('""', '"https://github.com/who/what.git"', 1)
    assert notebook.colab(first, ENGLISH) is None
    assert notebook.colab(known, ENGLISH) == (
        "[Colab](https://colab.research.google.com/github/who/what/blob/main/docs/tutorial/"
        "tutorial.ipynb)"
    )


@pytest.mark.slow
def test_its_first_cell_clones_and_installs_where_nothing_is(tmp_path: Path) -> None:
    """As on Colab: an environment that has all packages but this one, and an empty folder."""
    origin = tmp_path / "origin"
    for name in ("tf1_compat", "keras_models", "training"):
        shutil.copytree(ROOT / name, origin / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, origin)
    for arguments in (["init", "-q"], ["add", "."], [*NOBODY, "commit", "-qm", "all"]):
        subprocess.run(["git", *arguments], cwd=origin, check=True)
    bare = tmp_path / "bare"
    venv.create(bare, symlinks=True)
    (packages,) = bare.glob("lib/python3*/site-packages")
    for path in Path(pytest.__file__).parents[1].iterdir():
        if not re.match(r"(__editable__.*)?mnist_tf1_keras", path.name.replace("___", "")):
            (packages / path.name).symlink_to(path)
    cell = read(ENGLISH).cells[2].source.replace('ADDRESS = ""', f'ADDRESS = "{origin.as_uri()}"')
    environment = {
        **{name: of for name, of in os.environ.items() if name != "PYTHONPATH"},
        **{"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"},
    }
    code = f"{cell}\nfrom training import cli\nprint(cli.__file__)"
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [bare / "bin" / "python", "-c", code],
        cwd=tmp_path / "empty",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    project = tmp_path / "empty" / "mnist-tf1-keras"
    assert done.stdout == f"{project / 'training' / 'cli.py'}\n"
    installed = packages.glob("mnist_tf1_keras-*.dist-info")
    assert len([*installed]) == 1


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
