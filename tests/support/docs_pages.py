"""What tests of the pages share: the READMEs and docs/, the commands and the code in them."""

import re

from tests.conftest import ROOT

READMES = ["README.md", "README.zh-CN.md"]
DOCS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
PAGES = [*READMES, *DOCS]
MEASURED = ROOT / "docs" / "figures" / "measured"
"""What commands measured and pages quote."""


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    """What stands under a heading of the second level, to the next one."""
    _, _, after = text(page).partition(f"\n## {title}\n")
    assert after, f"no '{title}' in {page}"
    return after.partition("\n## ")[0]


def code_blocks(content: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", content, re.DOTALL)


def without_comments(code: str) -> str:
    return "\n".join(line.partition("#")[0].rstrip() for line in code.splitlines())


def commands(content: str) -> list[str]:
    lines = "\n".join(without_comments(block) for block in code_blocks(content, "sh")).splitlines()
    return [line for line in lines if line.strip()]


def links(content: str) -> list[tuple[str, str]]:
    """The file and the heading of every link; either may be empty."""
    return re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", content)
