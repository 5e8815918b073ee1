"""Pages with figures in them: what stands between `<!-- KIND: NAME -->` and `<!-- end -->`."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def replace(text: str, kind: str, name: str, content: str) -> str:
    """Return `text` with the content of its one block `kind: name` replaced; else SystemExit."""
    pattern = rf"(<!-- {kind}: {name} -->\n).*?(<!-- end -->)"
    replaced, count = re.subn(pattern, lambda m: f"{m[1]}{content}\n{m[2]}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"expected one block '{kind}: {name}', found {count}")
    return replaced


def write(
    pages: Sequence[str], rewrite: Callable[[str, str, Any], str], figures: dict[str, Any]
) -> None:
    """Write `pages`, named from the project's folder, anew: `rewrite(page, text, figures)`."""
    for page in pages:
        path = ROOT / page
        text = rewrite(page, path.read_text(encoding="utf-8"), figures)
        path.write_text(text, encoding="utf-8")
