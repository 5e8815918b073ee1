"""Write what `tf1keras bench` measured into docs/reference/speed.md and its Chinese twin.

    python -m docs.figures.write_bench RUN

RUN is a folder of `tf1keras bench`. Keeps its figures in measured/bench.json, beside those of
other processors, and its picture in docs/figures/bench.png, and replaces what stands between
`<!-- bench: table -->` and `<!-- end -->`. `make bench` does all of it, in about ten minutes on two
cores.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from docs.figures import blocks
from docs.figures.speed import about

DOCS = blocks.ROOT / "docs" / "figures"
KEPT = about.MEASURED / "bench.json"
PAGES = about.PAGES
WORDS = {
    PAGES[0]: (
        ("rows", "peer", "s/epoch", "min", "max", "peak MB", "to floor", "to fastest peer"),
        "Median of {rounds} rounds, measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, "
        "Keras {keras}.",
    ),
    PAGES[1]: (
        ("行数", "谁", "秒/epoch", "最小", "最大", "内存峰值 MB", "比下限", "比最快的别家"),
        "{rounds} 轮的中位数，测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、Keras {keras}。",
    ),
}


def table(figures: dict[str, Any], page: str) -> str:
    """Return a table of all numbers of rows, and what it was measured on, for each processor."""
    from training.reports.bench import lines

    headings, measured_on = WORDS[page]
    head = [headings, ("---:", "---", *["---:"] * (len(headings) - 2))]
    tables = []
    for of_cpu in figures.values():
        rows = [
            (f"{int(number):,}", *line)
            for number, of_rows in of_cpu["rows"].items()
            for line in lines(of_rows)
        ]
        shown = "\n".join(f"| {' | '.join(row)} |" for row in [*head, *rows])
        tables.append(f"{shown}\n\n{measured_on.format(**of_cpu, **of_cpu['on'])}")
    return "\n\n".join(tables)


def rewrite(page: str, text: str, figures: dict[str, Any]) -> str:
    """Return `text`, the content of `page`, with its table written from `figures`."""
    return blocks.replace(text, "bench", "table", table(figures, page))


def main(run: Path) -> None:
    """Write everything."""
    measured = json.loads((run / "bench.json").read_text(encoding="utf-8"))
    environment = json.loads((run / "environment.json").read_text(encoding="utf-8"))
    shutil.copyfile(run / "bench.png", DOCS / "bench.png")
    about.publish(KEPT, rewrite, measured | {"on": about.machine_of(environment)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
