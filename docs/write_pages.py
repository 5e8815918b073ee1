"""Write every page anew from the figures that are kept in docs/*.json; nothing is measured.

    python docs/write_pages.py

Some pages quote what several commands measured: `make figures` ends with this.
"""

import json

import article_map
import bench
import blocks
import check
import figures
import finetune

WRITERS = (figures, check, bench, finetune, article_map)
"""Each has PAGES, the file KEPT with its figures, and rewrite(page, text, figures)."""


def main() -> None:
    """Write everything."""
    for writer in WRITERS:
        kept = json.loads(writer.KEPT.read_text(encoding="utf-8"))
        blocks.write(writer.PAGES, writer.rewrite, kept)


if __name__ == "__main__":
    main()
