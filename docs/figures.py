"""Write the figures of a comparison into the READMEs: what they quote, a command measured.

    python docs/figures.py RUN

RUN is a folder of `tf1keras compare`. Replaces what stands between the markers
`<!-- figures: NAME -->` and `<!-- end -->` in README.md and README.zh-CN.md, and copies the picture
to docs/losses.png and the numbers to docs/figures.json. `make figures` does all of it.
"""

import io
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")
MEASURED_ON = {
    "README.md": "Measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, Keras {keras}.",
    "README.zh-CN.md": "测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、Keras {keras}。",
}


def collect(run: Path) -> dict[str, Any]:
    """Return what the READMEs quote of a run folder."""
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    environment = json.loads((run / "environment.json").read_text(encoding="utf-8"))
    return {
        "results": results,
        "cpu": environment["cpu"],
        "cores": environment["cores"],
        "packages": environment["packages"],
    }


def screen(figures: dict[str, Any], readme: str) -> str:
    """Return the end of what `make compare` prints, and a line on what it was measured on."""
    from rich.console import Console

    from training import report

    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(report.table(figures["results"]))
    shown = "\n".join(line.rstrip() for line in console.export_text().splitlines())
    about = MEASURED_ON[readme].format(
        cpu=figures["cpu"],
        cores=figures["cores"],
        tensorflow=figures["packages"]["tensorflow"],
        keras=figures["packages"]["keras"],
        epochs=figures["results"]["epochs"],
    )
    return f"```text\n{shown}\n\n{figures['results']['verdict']}\n```\n\n{about}"


def block(text: str, name: str, content: str) -> str:
    """Return `text` with the content of the block `name` replaced."""
    pattern = rf"(<!-- figures: {name} -->\n).*?(<!-- end -->)"
    replaced, count = re.subn(pattern, lambda m: f"{m[1]}{content}\n{m[2]}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"expected one block 'figures: {name}', found {count}")
    return replaced


def rewrite(readme: str, text: str, figures: dict[str, Any]) -> str:
    """Return `text`, the content of `readme`, with its block written from `figures`."""
    return block(text, "screen", screen(figures, readme))


def main(run: Path) -> None:
    """Write everything."""
    figures = collect(run)
    for readme in READMES:
        path = ROOT / readme
        path.write_text(
            rewrite(readme, path.read_text(encoding="utf-8"), figures), encoding="utf-8"
        )
    shutil.copyfile(run / "losses.png", ROOT / "docs" / "losses.png")
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (ROOT / "docs" / "figures.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
