"""Write every page anew from the figures that are kept in measured/; nothing is measured.

    python -m docs.figures.write_pages

Some pages quote what several commands measured: `make figures` ends with this.
"""

import json

from docs.figures import (
    blocks,
    write_article_map,
    write_bench,
    write_check,
    write_compare_and_ablate,
    write_finetune,
    write_traps,
)

WRITERS = (
    write_compare_and_ablate,
    write_check,
    write_bench,
    write_finetune,
    write_article_map,
    write_traps,
)
"""Each has PAGES, the file KEPT with its figures, and rewrite(page, text, figures)."""


def main() -> None:
    """Write everything."""
    for writer in WRITERS:
        kept = json.loads(writer.KEPT.read_text(encoding="utf-8"))
        blocks.write(writer.PAGES, writer.rewrite, kept)


if __name__ == "__main__":
    main()
