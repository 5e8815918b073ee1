"""Enter what was measured into the ledger docs/reference/records.md, where it is a record.

    python -m docs.figures.speed.records start

Takes the names of SOURCES in candidates.py, beside this, which are files of measured/. Such a file
has to be committed, for a row names the commit. A figure that does not beat the last one of the
same on its machine is refused; where none is entered, the exit status is 1. Keeps the rows in
measured/records.json.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

from docs.figures import blocks
from docs.figures.speed import about
from docs.figures.speed.candidates import SOURCES, Row

KEPT = about.MEASURED / "records.json"
PAGES = ("docs/reference/records.md", "docs/zh-CN/reference/records.md")
HEADINGS = {
    PAGES[0]: ("what", "figure", "spread", "ratio", "to", "commit", "date", "machine", "command"),
    PAGES[1]: ("项目", "数值", "范围", "比值", "相对于", "提交", "日期", "机器", "命令"),
}
SHOWN = {
    **{"start": "{:.2f} s", "epoch": "{:.4f} s", "tuning": "{:.0f} s"},
    **{"memory": "{:,.0f} B", "accuracy": "{:.2%}"},
}
"""Kind of a record -> how its figure is shown."""
MORE = ("accuracy",)
"""Kinds of which more is better; of the others it is less."""
WORDS = {
    PAGES[0]: {
        "start": "`tf1keras {}`, to its result",
        "epoch": "epoch of `{}`, {:,} rows",
        "memory": "`{}`, a row of {:,}",
        "accuracy": "test accuracy, recipe `{}`",
        "tuning": "fine-tuning, recipe `{}`",
        "from scratch": "training from scratch",
        "errors from scratch": "errors of training from scratch",
    },
    PAGES[1]: {
        "start": "`tf1keras {}`，到结果",
        "epoch": "`{}` 的一个 epoch，{:,} 行",
        "memory": "`{}`，{:,} 行中的一行",
        "accuracy": "测试准确率，配方 `{}`",
        "tuning": "微调时间，配方 `{}`",
        "from scratch": "从头训练",
        "errors from scratch": "从头训练的错误数",
    },
}


def beats(new: Row, old: Row) -> bool:
    """Say whether `new` is better by more than the spread of both, highest less lowest."""
    gain = old["figure"] - new["figure"]
    spread = sum(row["high"] - row["low"] for row in (new, old))
    return (-gain if new["kind"] in MORE else gain) > spread


def is_record(new: Row, rows: Sequence[Row]) -> bool:
    """Say whether `new` beats the last of `rows` that is of the same, or is the first one of it."""
    same = [row for row in rows if all(row[key] == new[key] for key in ("kind", "of", "machine"))]
    return not same or beats(new, same[-1])


def rewrite(page: str, text: str, rows: list[Row]) -> str:
    """Return `text`, the content of `page`, with the ledger written from `rows`."""
    words = WORDS[page]
    lines = []
    for row in rows:
        figure, low, high = (SHOWN[row["kind"]].format(row[of]) for of in ("figure", "low", "high"))
        lines.append(
            (
                *(words[row["kind"]].format(*row["of"]), figure, f"{low} - {high}"),
                *(f"{row['ratio']:.2f}", words.get(row["to"], row["to"]), f"`{row['commit']}`"),
                *(row["date"], row["machine"], f"`{row['command']}`"),
            )
        )
    return blocks.replace(text, "records", "ledger", about.lines([HEADINGS[page], *lines]))


def committed(name: str) -> dict[str, str]:
    """Return the commit of measured/NAME.json, and its date; SystemExit where it is changed."""
    file = str(about.MEASURED / f"{name}.json")
    if _git("status", "--porcelain", file):
        raise SystemExit(f"{file}: commit it first; a record names the commit.")
    commit, date = _git("log", "-1", "--format=%h %as", file).split()
    return {"commit": commit, "date": date}


def _git(*words: str) -> str:
    command = ["git", *words]
    return subprocess.run(
        command, cwd=blocks.ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def main(*names: str) -> None:
    """Enter what is a record, and write the page."""
    rows = json.loads(KEPT.read_text(encoding="utf-8"))
    before = len(rows)
    for name in names:
        figures = json.loads((about.MEASURED / f"{name}.json").read_text(encoding="utf-8"))
        for new in SOURCES[name](figures):
            if is_record(new, rows):
                rows.append(new | committed(name))
            else:
                print(f"no record: {new['kind']} {new['of']}: {new['figure']}", file=sys.stderr)
    about.keep(KEPT, rows)
    blocks.write(PAGES, rewrite, rows)
    if len(rows) == before:
        raise SystemExit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
