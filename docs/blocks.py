"""Replace what stands between `<!-- KIND: NAME -->` and `<!-- end -->` in a page."""

import re


def replace(text: str, kind: str, name: str, content: str) -> str:
    """Return `text` with the content of its one block `kind: name` replaced; else SystemExit."""
    pattern = rf"(<!-- {kind}: {name} -->\n).*?(<!-- end -->)"
    replaced, count = re.subn(pattern, lambda m: f"{m[1]}{content}\n{m[2]}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"expected one block '{kind}: {name}', found {count}")
    return replaced
