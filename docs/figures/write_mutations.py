"""Write how `check` judges made-up mistakes and right pairs into docs/do/check.md and its twin.

    python -m docs.figures.write_mutations OUTCOMES.jsonl

OUTCOMES.jsonl is what `python -m tests.checking.mutations.table` measured; `make mutations` runs
both. What counts is kept in measured/mutations.json.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from docs.figures import blocks

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "docs" / "figures" / "measured" / "mutations.json"
PAGES = ("docs/do/check.md", "docs/zh-CN/do/check.md")
CAUGHT = ("different", "refused")
PROVEN = ("identical", "equivalent")
NOT_EXAMINED = "no m"
"""How the verdict begins where a mistake does not matter, or its shapes make no model."""
KINDS = {
    PAGES[0]: {"right": "right pairs", "single": "one mistake", "pair": "two mistakes at once"},
    PAGES[1]: {"right": "正确的改写", "single": "一处错误", "pair": "同时两处错误"},
}
HEADINGS = {
    PAGES[0]: ("", "kinds of pair", "examined", "judged rightly", "cause named"),
    PAGES[1]: ("", "模型种类", "检查了", "结论正确", "说对原因"),
}


def counted(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many of each kind were examined, judged rightly and named; and the others."""
    found: dict[str, Any] = {}
    for kind in ("right", "single", "pair"):
        rows = [one for one in outcomes if one["kind"] == kind]
        rows = [one for one in rows if not one["verdict"].startswith(NOT_EXAMINED)]
        expected = PROVEN if kind == "right" else CAUGHT
        found[kind] = {
            "examined": len(rows),
            "recipes": len({one["recipe"] for one in rows}),
            "verdicts": dict(sorted(Counter(one["verdict"] for one in rows).items())),
            "judged rightly": sum(one["verdict"] in expected for one in rows),
            "named": sum(one["named"] for one in rows),
            "others": [
                {"recipe": one["recipe"], "name": one["name"], "said": one["said"]}
                for one in rows
                if one["verdict"] not in expected or not one["named"]
            ],
        }
    return found


def rewrite(page: str, text: str, found: dict[str, Any]) -> str:
    """Return `text`, the content of `page`, with its block written from `found`."""
    rows = [HEADINGS[page], ("---",) * 5]
    for kind, name in KINDS[page].items():
        of = found[kind]
        share = f"{of['named']:,} ({100 * of['named'] / of['examined']:.1f}%)"
        named = "-" if kind == "right" else share
        counts = (of["recipes"], of["examined"], of["judged rightly"])
        rows.append((name, *(f"{count:,}" for count in counts), named))
    return blocks.replace(
        text, "mutations", "table", "\n".join(f"| {' | '.join(r)} |" for r in rows)
    )


def main(outcomes: Path) -> None:
    """Write everything."""
    lines = outcomes.read_text(encoding="utf-8").splitlines()
    found = counted([json.loads(line) for line in lines])
    KEPT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    blocks.write(PAGES, rewrite, found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
