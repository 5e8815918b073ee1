"""Write what `tf1keras check` says of the examples into docs/do/check.md and its Chinese twin.

    python -m docs.figures.write_check

Runs the command on every pair in examples/, keeps what it found in measured/check.json, and
replaces what stands between `<!-- check: NAME -->` and `<!-- end -->`. `make figures` does it too.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from docs.figures import blocks

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "docs" / "figures" / "measured" / "check.json"
PAGES = ("docs/do/check.md", "docs/zh-CN/do/check.md")
SHOWN = "article"
ORDER = (
    *("softmax_regression", "article", "article_exact", "momentum", "convnet"),
    *("batch_norm", "batch_norm_exact", "sentences"),
)
HEADINGS = {
    PAGES[0]: ("pair", "verdict", "what is left of the distance, and what removes it"),
    PAGES[1]: ("模型对", "结论", "剩下的差别，以及换掉什么就归零（命令的原话）"),
}


def examine(name: str) -> dict[str, Any]:
    """Run the command on an example; return what it prints, for people and as JSON."""
    return {"screen": _check(name).rstrip(), **json.loads(_check(name, "--json"))}


def _check(name: str, *options: str) -> str:
    command = [sys.executable, "-m", "training", "check", f"examples/{name}.py", *options]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def contents(found: dict[str, Any], page: str) -> dict[str, str]:
    """Return the page's blocks by name."""
    up = "../" * page.count("/")
    rows = [HEADINGS[page], ("---", "---", "---")]
    for name, one in found.items():
        causes = "; ".join(
            f"{cause['cause'].partition(':')[0]} ({cause['evidence'].replace(';', ',')})"
            for cause in one["causes"]
        )
        rows.append((f"[`{name}.py`]({up}examples/{name}.py)", one["verdict"], causes or "-"))
    return {
        "screen": f"```text\n{found[SHOWN]['screen']}\n```",
        "examples": "\n".join(f"| {' | '.join(row)} |" for row in rows),
    }


def rewrite(page: str, text: str, found: dict[str, Any]) -> str:
    """Return `text`, the content of `page`, with its blocks written from `found`."""
    for name, content in contents(found, page).items():
        text = blocks.replace(text, "check", name, content)
    return text


def main() -> None:
    """Write everything."""
    found = {name: examine(name) for name in ORDER}
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    KEPT.write_text(text, encoding="utf-8")
    blocks.write(PAGES, rewrite, found)


if __name__ == "__main__":
    main()
