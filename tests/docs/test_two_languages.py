"""Every page of docs/ is there in English and in Chinese, and both show the same."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.conftest import ROOT
from tests.support.docs_pages import without_comments

DOCS = ROOT / "docs"
ZH = DOCS / "zh-CN"
ENGLISH_ONLY: dict[str, str] = {}
"""Pages that have no Chinese twin, by name, and why."""


def twin_of(page: Path) -> Path:
    return ZH / page.relative_to(DOCS)


CHINESE = sorted(ZH.rglob("*.md"))
ENGLISH = sorted({*DOCS.rglob("*.md")} - {*CHINESE})
PAGES = [*ENGLISH, *CHINESE]
PAIRS = [(page, twin_of(page)) for page in ENGLISH if page.name not in ENGLISH_ONLY]
both = pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda page: page.stem)


def parsed(content: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(content)


def tokens(page: Path) -> list[Token]:
    return parsed(page.read_text(encoding="utf-8"))


def sections(page: Path) -> Iterator[list[Token]]:
    """The tokens of the page, heading by heading."""
    section: list[Token] = []
    for token in tokens(page):
        if token.type == "heading_open":
            yield section
            section = []
        section.append(token)
    yield section


def inside(section: list[Token], kind: str) -> list[Token]:
    """The tokens of this kind within the paragraphs, headings and cells."""
    return [one for token in section for one in token.children or [] if one.type == kind]


def tables(page: Path) -> list[list[str]]:
    """The rows of every table, each as it stands in the page, without its bars."""
    found: list[list[str]] = []
    for before, token in pairwise(tokens(page)):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append("")
        elif before.type in ("th_open", "td_open"):
            found[-1][-1] += f" {token.content}"
    return found


def numbers(text: str) -> Counter[float]:
    """50 million and 5000 万 are the same number."""
    found = re.findall(r"(\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)( million| 万)?", text)
    scales = {"": 1, " million": 10**6, " 万": 10**4}
    return Counter(float(number.replace(",", "")) * scales[scale] for number, scale in found)


def test_every_page_has_its_twin() -> None:
    assert len(ENGLISH) >= 7
    assert {chinese for _, chinese in PAIRS} == set(CHINESE)
    assert all(ENGLISH_ONLY.values()), "why?"


@both
def test_each_page_begins_with_a_link_to_the_other(english: Path, chinese: Path) -> None:
    for page, name, twin in ((english, "中文", chinese), (chinese, "English", english)):
        link = f"[{name}]({os.path.relpath(twin, page.parent)})"
        assert page.read_text(encoding="utf-8").split("\n")[1:4] == ["", link, ""]


@both
def test_both_have_the_same_headings_by_level(english: Path, chinese: Path) -> None:
    levels = [
        [token.tag for token in tokens(page) if token.type == "heading_open"]
        for page in (english, chinese)
    ]
    assert levels[0] == levels[1]


@both
def test_both_have_the_same_commands_and_code(english: Path, chinese: Path) -> None:
    blocks = [
        [
            (token.info, without_comments(token.content))
            for token in tokens(page)
            if token.type == "fence"
        ]
        for page in (english, chinese)
    ]
    assert blocks[0] == blocks[1]


@both
def test_both_name_the_same_options_files_and_tests(english: Path, chinese: Path) -> None:
    for theirs, ours in zip(sections(english), sections(chinese), strict=True):
        code = [
            Counter(one.content for one in inside(section, "code_inline"))
            for section in (theirs, ours)
        ]
        assert code[0] == code[1], theirs[1:2]


@both
def test_both_have_the_same_tables_with_the_same_numbers(english: Path, chinese: Path) -> None:
    for theirs, ours in zip(tables(english), tables(chinese), strict=True):
        for row, twin in zip(theirs, ours, strict=True):
            assert numbers(row) == numbers(twin), (row, twin)


@both
def test_both_say_the_same_numbers(english: Path, chinese: Path) -> None:
    for theirs, ours in zip(sections(english), sections(chinese), strict=True):
        said = [
            set(numbers(" ".join(token.content for token in section if token.type == "inline")))
            for section in (theirs, ours)
        ]
        assert said[0] == said[1], theirs[1:2]


@both
def test_links_of_the_chinese_page_stay_in_chinese(english: Path, chinese: Path) -> None:
    """The same links, to the Chinese page where there is one."""

    def targets(page: Path) -> list[Path]:
        own = [str(one.attrs["href"]) for one in inside(tokens(page), "link_open")]
        files = [link.partition("#")[0] for link in own[1:]]  # the first: to the other language
        return [page if not file else (page.parent / file).resolve() for file in files]

    def in_chinese(target: Path) -> Path:
        twins = [
            twin_of(target) if target in ENGLISH else target,
            target.with_suffix(f".zh-CN{target.suffix}"),
        ]
        return next((twin for twin in twins if twin.is_file() and twin != target), target)

    assert Counter(map(in_chinese, targets(english))) == Counter(targets(chinese))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_markdown_is_seen_as_such(page: Path) -> None:
    """`**text：**more` is not closed, and a line that begins with a comment is HTML to its end."""
    for text in inside(tokens(page), "text"):
        assert "*" not in text.content
    for token in tokens(page):
        if token.type == "html_block":
            assert re.fullmatch(r"<!-- .* -->\n", token.content)


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.stem)
def test_no_paragraph_is_left_in_english(page: Path) -> None:
    paragraphs = [t.content for t in tokens(page) if t.type == "inline" and t.level == 1]
    for paragraph in paragraphs:
        if " " in paragraph:  # else a name, or the link to the English page
            assert re.search(r"[\u4e00-\u9fff]", paragraph), paragraph


NOTEBOOKS = sorted(DOCS.glob("tutorial/*.zh-CN.ipynb"))
CHINESE_TEXT = [*CHINESE, ROOT / "README.zh-CN.md", *NOTEBOOKS]
WIDE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"


@pytest.mark.parametrize("page", CHINESE_TEXT, ids=lambda page: page.name)
def test_no_line_ends_between_two_chinese_characters(page: Path) -> None:
    """A browser would show a space there."""
    content = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        cells = json.loads(content)["cells"]
        content = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    for token in parsed(content):
        assert not re.search(rf"{WIDE}\n\s*{WIDE}", token.content if token.children else "")


@pytest.mark.parametrize(
    "pages", [[ROOT / "README.md", *ENGLISH], [ROOT / "README.zh-CN.md", *CHINESE]]
)
def test_no_sentence_stands_on_two_pages(pages: list[Path]) -> None:
    """But for what the figures were measured on."""
    found: dict[str, Path] = {}
    for page in pages:
        for text in (token.content for token in tokens(page) if token.type == "inline"):
            for sentence in re.split(
                r"(?<=[.!?])\s+(?=[A-Z`])|(?<=[。！？])", " ".join(text.split())
            ):
                words = re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]", sentence)
                if len(words) > 7 and not re.match(r"Measured on|测于", sentence):
                    assert found.setdefault(sentence, page) == page, sentence
