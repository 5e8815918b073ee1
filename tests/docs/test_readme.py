"""The README is short, leads to all there is, and what it shows is so."""

import re
import subprocess

import pytest

from tests.conftest import ROOT
from tests.support.docs_pages import DOCS, READMES, code_blocks, commands, links, text
from training.commands import table


@pytest.mark.parametrize("readme", READMES)
def test_it_can_be_read_in_a_few_minutes(readme: str) -> None:
    """Who comes here knows neither the article nor the project; what is longer has its own page."""
    assert len(text(readme).splitlines()) <= 170


@pytest.mark.parametrize("readme", READMES)
def test_what_one_comes_for_is_on_its_first_screens(readme: str) -> None:
    """Compare, look, draw, fine-tune, predict, migrate: before anything is explained."""
    shown = "\n".join(text(readme).splitlines()[:80])
    for needed in (
        "make compare",
        "tf1keras compare --out my-run",
        "`my-run/report.html`",
        "tf1keras finetune my-run --out tuned",
        "tf1keras predict tuned ",
        "tf1keras migrate my-run/tf1/model.ckpt --to carried.keras",
        "--map map.json",
        "```json",
    ):
        assert needed in shown, needed


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


@pytest.mark.parametrize("readme", READMES)
def test_it_leads_to_every_page_in_its_own_language(readme: str) -> None:
    own = {page for page in DOCS if page.startswith("docs/zh-CN/") == (readme != READMES[0])}
    linked = {target for target, _ in links(text(readme)) if re.match(r"docs/.*\.md", target)}
    assert linked == own
    (other,) = set(READMES) - {readme}
    assert links(text(readme))[0] == (other, "")


def test_make_help_lists_every_target() -> None:
    command = ["make", "--no-print-directory", "help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^\.PHONY: ([a-z0-9-]+)$", makefile, re.MULTILINE)
    assert [line.split()[0] for line in done.stdout.splitlines()] == targets
    assert all(len(line.split()) > 2 for line in done.stdout.splitlines())
