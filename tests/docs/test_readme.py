"""The README is short, leads to all there is, and what it shows is so."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.docs_pages import DOCS, PAGES, READMES, code_blocks, commands, links, text
from training.commands import table

INDEX = {"README.md": "docs/README.md", "README.zh-CN.md": "docs/zh-CN/README.md"}
LISTINGS = ("tf1_compat/listing.py", "keras_models/listing.py")


def besides_listings(readme: str) -> list[str]:
    """Its lines without the table in which the two listings stand side by side."""
    return re.sub(r"<table>.*?</table>\n", "", text(readme), flags=re.DOTALL).splitlines()


@pytest.mark.parametrize("readme", READMES)
def test_the_article_is_recognised_at_once(readme: str) -> None:
    """Its subject, its author, what it gives today, and its lines beside Keras', as they run."""
    first_screen = "\n".join(besides_listings(readme)[:10])
    assert text(readme).index("<table>") < text(readme).index("```sh")
    for named in (
        "从零开始大模型开发与微调",
        "禅与计算机程序设计艺术",
        "has no attribute 'placeholder'",
    ):
        assert named in first_screen
    blocks = code_blocks(text(readme), "python")
    assert len(blocks) == len(LISTINGS) + 1  # and a PAIR.py, which tests/docs/test_pages.py checks
    for listing, shown in zip(LISTINGS, blocks, strict=False):
        assert shown.startswith("n_input = 784\n")
        assert text(listing).endswith(f"\n{shown}")
        assert f"python -m {listing.removesuffix('.py').replace('/', '.')}<" in text(readme)
        assert len(text(listing).splitlines()) <= 50


@pytest.mark.parametrize("readme", READMES)
def test_it_can_be_read_in_a_few_minutes(readme: str) -> None:
    """Who comes here does not know the project; what is longer has its own page."""
    assert len(besides_listings(readme)) < 150


@pytest.mark.parametrize("readme", READMES)
def test_what_one_comes_for_is_on_its_first_screens(readme: str) -> None:
    """The example, a rewrite of one's own, a checkpoint, a good model: in this order."""
    shown = "\n".join(besides_listings(readme)[:100])
    wanted = (
        *("make compare", "`my-run/report.html`", "tf1keras article", "def tf1_graph():"),
        *("tf1keras check", "tf1keras rewrite", "tf1keras migrate"),
        *("tf1keras finetune my-run --out tuned", "tf1keras predict tuned "),
    )
    found = [shown.find(needed) for needed in wanted]
    assert -1 not in found, wanted[found.index(-1)]
    assert found == sorted(found)


def test_every_command_of_the_project_is_shown() -> None:
    """By name, one line each or more."""
    named = {line.split()[1] for line in commands(text("README.md")) if "tf1keras" in line}
    assert named == set(table.COMMANDS)


def test_both_languages_show_the_same_commands_and_code() -> None:
    """tests/docs/test_two_languages.py says so of docs/."""
    english, chinese = map(text, READMES)
    assert commands(english) == commands(chinese)
    assert code_blocks(english, "json") == code_blocks(chinese, "json")
    assert code_blocks(english, "text") == code_blocks(chinese, "text")
    assert code_blocks(english, "python") == code_blocks(chinese, "python")


@pytest.mark.parametrize("readme", READMES)
def test_it_leads_to_the_other_language_and_to_the_index(readme: str) -> None:
    (other,) = set(READMES) - {readme}
    assert links(text(readme))[0] == (other, "")
    assert (INDEX[readme], "") in links(text(readme))


@pytest.mark.parametrize("readme", READMES)
def test_the_index_leads_to_every_page_in_its_own_language(readme: str) -> None:
    folder = Path(INDEX[readme]).parent
    linked = {os.path.normpath(folder / target) for target, _ in links(text(INDEX[readme]))}
    in_chinese = {page for page in DOCS if page.startswith("docs/zh-CN/")}
    own = in_chinese if readme != READMES[0] else {*DOCS} - in_chinese
    assert {page for page in linked if page in own} == own - {INDEX[readme]}
    assert linked & ({*PAGES} - own) == {readme, *INDEX.values()} - {INDEX[readme]}


def test_make_help_lists_every_target() -> None:
    command = ["make", "--no-print-directory", "help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^\.PHONY: ([a-z0-9-]+)$", makefile, re.MULTILINE)
    assert [line.split()[0] for line in done.stdout.splitlines()] == targets
    assert all(len(line.split()) > 2 for line in done.stdout.splitlines())


def test_what_its_commands_write_is_not_searched_for_misspellings(tmp_path: Path) -> None:
    """Or `make test` fails after `make compare`, for a report has all of Plotly in it."""
    codespell = Path(sys.executable).with_name("codespell")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ours = [line for line in text(".gitignore").partition("write.\n")[2].split() if line[-1] == "/"]
    assert "/my-run*/" in ours
    for folder in [*ours, "/docs/"]:
        written = tmp_path / folder.strip("/").rstrip("*") / "report.html"
        written.parent.mkdir()
        written.write_text("t" + "eh")  # in one word it would be found here, too
    found = subprocess.run([codespell], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert [line.partition(":")[0] for line in found.stdout.splitlines()] == ["./docs/report.html"]
