"""Write the figures of runs into the pages that quote them: what they quote, a command measured.

    python -m docs.figures.write_compare_and_ablate RUN...

A RUN is a folder of `tf1keras compare` or of `tf1keras ablate`. Replaces what stands between the
markers `<!-- figures: NAME -->` and `<!-- end -->` in README.md,
docs/understand/why-keras-drifts.md and their Chinese twins, and copies the picture of an
ablation and the numbers (figures.json) to docs/figures/.
`make figures` does all of it.
"""

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from docs.figures import blocks

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "figures"
KEPT = DOCS / "measured" / "figures.json"
CAUSES_PAGE = "docs/understand/why-keras-drifts.md"
CAUSES_PAGE_ZH = "docs/zh-CN/understand/why-keras-drifts.md"
PAGES = ("README.md", "README.zh-CN.md", CAUSES_PAGE, CAUSES_PAGE_ZH)
MEASURED_ON = {
    "README.md": "Measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, Keras {keras}.",
    "README.zh-CN.md": "测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、Keras {keras}。",
    CAUSES_PAGE: "{epochs} epochs, measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, "
    "Keras {keras}.",
    CAUSES_PAGE_ZH: "{epochs} 个 epoch，测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、"
    "Keras {keras}。",
}
WORDS = {
    CAUSES_PAGE: {word: word for word in ("cause", "kind", "rounding", "semantics", "none")},
    CAUSES_PAGE_ZH: {
        "cause": "原因",
        "kind": "类别",
        "rounding": "舍入",
        "semantics": "语义",
        "none": "无",
    },
}


def collect(run: Path) -> dict[str, Any]:
    """Return what the pages quote of a run folder."""
    name = "ablation.json" if _is_ablation(run) else "results.json"
    results = json.loads((run / name).read_text(encoding="utf-8"))
    environment = json.loads((run / "environment.json").read_text(encoding="utf-8"))
    return {
        "results": results,
        "cpu": environment["cpu"],
        "cores": environment["cores"],
        "packages": environment["packages"],
    }


def _is_ablation(run: Path) -> bool:
    return (run / "ablation.json").is_file()


def screen(figures: dict[str, Any], readme: str) -> str:
    """Return the end of what `make compare` prints, and a line on what it was measured on."""
    from rich.console import Console

    from training.reports import compare

    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(compare.table(figures["results"]))
    shown = "\n".join(line.rstrip() for line in console.export_text().splitlines())
    verdict = figures["results"]["verdict"]
    return f"```text\n{shown}\n\n{verdict}\n```\n\n{measured_on(figures, readme)}"


def causes(figures: dict[str, Any], page: str) -> str:
    """Return the table of `tf1keras ablate`, each cause a link to its section."""
    from training.parity.distance import shown as distance

    rows, words = figures["results"]["causes"], WORDS[page]
    epochs = next(iter(rows.values()))["max_rel"]
    headings = [words["cause"], *epochs, "float64", words["kind"]]
    lines = [headings, ["---", *["---:"] * (len(headings) - 2), "---"]]
    for cause, row in rows.items():
        distances = [*row["max_rel"].values(), row["float64"]]
        lines.append([f"[{cause}](#{cause})", *map(distance, distances), words[row["kind"]]])
    shown = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{shown}\n\n{measured_on(figures, page)}"


def measured_on(figures: dict[str, Any], page: str) -> str:
    """Return a line on what the figures were measured on."""
    return MEASURED_ON[page].format(
        cpu=figures["cpu"],
        cores=figures["cores"],
        tensorflow=figures["packages"]["tensorflow"],
        keras=figures["packages"]["keras"],
        epochs=figures["results"]["epochs"],
    )


def rewrite(page: str, text: str, figures: dict[str, Any]) -> str:
    """Return `text`, the content of `page`, with its block written from `figures`."""
    if page in WORDS:
        return blocks.replace(text, "figures", "ablation", causes(figures["ablation"], page))
    return blocks.replace(text, "figures", "screen", screen(figures["comparison"], page))


def main(runs: list[Path]) -> None:
    """Write everything; what no run is given for stays as it is."""
    figures = json.loads(KEPT.read_text(encoding="utf-8"))
    for run in runs:
        figures["ablation" if _is_ablation(run) else "comparison"] = collect(run)
        if _is_ablation(run):
            shutil.copyfile(run / "ablation.png", DOCS / "ablation.png")
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    KEPT.write_text(text, encoding="utf-8")
    blocks.write(PAGES, rewrite, figures)


if __name__ == "__main__":
    main([Path(run) for run in sys.argv[1:]])
