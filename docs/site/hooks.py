"""What MkDocs needs besides the Markdown of docs/: notebooks as pages, links that leave docs/.

mkdocs.yml names this file; `make site` runs it.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def page_of(notebook: Path) -> str:
    """Return the cells of a notebook as Markdown."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = [("".join(cell["source"]), cell["cell_type"]) for cell in cells]
    return "\n\n".join(f"```python\n{s}\n```" if kind == "code" else s for s, kind in sources)


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each notebook; the notebook stays, to be downloaded."""
    from mkdocs.structure.files import File

    for notebook in sorted(DOCS.glob("tutorial/*.ipynb")):
        uri = f"tutorial/{notebook.stem}.md"
        files.append(File.generated(config, uri, content=page_of(notebook)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Lead links to notebooks to their pages, and out of docs/ to the repository, if known."""

    def led(link: re.Match[str]) -> str:
        text, target, heading = link[1], link[2], link[3] or ""
        path = Path(os.path.normpath(DOCS / page.file.src_uri / ".." / target))
        if not path.exists() or (path.suffix == ".md" and path.is_relative_to(DOCS)):
            return link[0]
        own = path.relative_to(ROOT)
        if own.suffix == ".ipynb":
            return f"[{text}]({target.removesuffix('.ipynb')}.md)"
        return f"[{text}]({config.repo_url}/blob/main/{own}{heading})" if config.repo_url else text

    return LINK.sub(led, markdown)


def on_page_context(context: Any, page: Any, config: Any, nav: Any) -> None:
    """The words of the theme are those of the page's language."""
    config.theme["language"] = "zh" if "zh-CN" in page.file.src_uri else "en"
