"""Write every page, and README's picture, from what is kept in measured/; nothing is measured.

    python -m docs.figures.write_pages

Some pages quote what several commands measured: `make figures` ends with this.
"""

import json
from types import ModuleType

from docs.figures import (
    blocks,
    write_article_map,
    write_bench,
    write_check,
    write_compare_and_ablate,
    write_finetune,
    write_lockstep,
    write_mutations,
    write_traps,
)
from docs.figures.portable import write as write_portable
from docs.figures.speed import memory, ops, peaks, records, start

WRITERS: dict[str, ModuleType] = {
    "figures": write_compare_and_ablate,
    "check": write_check,
    "mutations": write_mutations,
    "bench": write_bench,
    "finetune": write_finetune,
    "map": write_article_map,
    "traps": write_traps,
    "portable": write_portable,
    "start": start,
    "memory": memory,
    "peaks": peaks,
    "ops": ops,
    "records": records,
}
"""What stands in a page's mark -> what has PAGES, KEPT figures and rewrite(page, text, figures)."""


def main() -> None:
    """Write everything."""
    for writer in WRITERS.values():
        kept = json.loads(writer.KEPT.read_text(encoding="utf-8"))
        blocks.write(writer.PAGES, writer.rewrite, kept)
    write_lockstep.write()


if __name__ == "__main__":
    main()
