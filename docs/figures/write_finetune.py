"""Measure what docs/do/fine-tuning.md and its Chinese twin quote, and write it there.

    python -m docs.figures.write_finetune [SOURCE]

SOURCE is the article's result on all of MNIST; without one `tf1keras article` makes it. Runs the
commands below into runs/fine-tuning/, but for those whose folder is there, keeps their figures in
measured/finetune.json, and replaces what stands between `<!-- finetune: NAME -->` and
`<!-- end -->`. `make fine-tuning` does it; an hour on two cores.
"""

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docs.figures import blocks

ROOT = Path(__file__).resolve().parents[2]
DOCS, RUNS = ROOT / "docs" / "figures", ROOT / "runs" / "fine-tuning"
PAGE, PAGE_ZH = "docs/do/fine-tuning.md", "docs/zh-CN/do/fine-tuning.md"
PAGES = (PAGE, PAGE_ZH)
KEPT = DOCS / "measured" / "finetune.json"
SEEDS = {"default": 5, "best": 10}
"""How many, of each recipe."""
SHOTS = (1, 5)
HEADINGS = {
    PAGE: ("recipe", "epochs", "seeds", "test accuracy", "sd", "seconds"),
    PAGE_ZH: ("配方", "epoch 数", "种子数", "测试准确率", "标准差", "秒"),
}
MEASURED_ON = {
    PAGE: "Means, measured on {cpu}, {cores} cores, TensorFlow {tensorflow}, Keras {keras}.",
    PAGE_ZH: "均为平均值，测于 {cpu}（{cores} 核）、TensorFlow {tensorflow}、Keras {keras}。",
}
STUDY = {
    PAGE: (
        *("strategy", "start", "test accuracy", "sd", "trained", "seconds"),
        *("epochs to {target:.0%}", "source task"),
    ),
    PAGE_ZH: (
        *("策略", "起点", "测试准确率", "标准差", "参与训练", "秒"),
        *("到 {target:.0%} 的 epoch 数", "原任务"),
    ),
}
BEFORE = {PAGE: " ({:.1%})", PAGE_ZH: "（{:.1%}）"}


def run(name: str, *arguments: str) -> Path:
    """Run `tf1keras` into a folder, if that is not there yet; return the folder."""
    folder = RUNS / name
    if not folder.exists():
        command = [sys.executable, "-m", "training", *arguments, "--out", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True)
    return folder


def measure(source: str | None) -> dict[str, Any]:
    """Run every command; return what the pages quote."""
    start = source or str(run("source", "article", "--data", "mnist"))
    figures: dict[str, Any] = {}
    for recipe, seeds in SEEDS.items():
        asked = ["finetune", start, "--data", "mnist", "--recipe", recipe, "--seed"]
        runs = [run(f"{recipe}-{seed}", *asked, str(seed)) for seed in range(seeds)]
        figures[recipe] = [_one(folder) for folder in runs]
    study = ["--study", "--data", "mnist", "--epochs", "6", "--source-data", "mnist_5k"]
    figures["mnist"] = _study(run("study-mnist", "finetune", start, *study))
    good = str(RUNS / "best-0")
    for shots in SHOTS:
        few = [
            "--study",
            "--data",
            "digits",
            "--shots",
            str(shots),
            "--seeds",
            "5",
            "--epochs",
            "16",
        ]
        figures[f"digits-{shots}"] = _study(run(f"study-digits-{shots}", "finetune", good, *few))
    for name in ("mnist", "digits-1"):
        shutil.copyfile(RUNS / f"study-{name}" / "study.png", DOCS / f"study-{name}.png")
    about = _read(RUNS / "default-0" / "environment.json")
    figures["measured_on"] = {
        "cpu": about["cpu"],
        "cores": about["cores"],
        "tensorflow": about["packages"]["tensorflow"],
        "keras": about["packages"]["keras"],
    }
    return figures


def _one(folder: Path) -> dict[str, Any]:
    facts = _read(folder / "finetune.json")
    kept = ("seed", "source_accuracy", "validation_accuracy", "test_accuracy", "seconds")
    return {key: facts[key] for key in kept} | {"epochs": len(facts["history"]) - 1}


def _study(folder: Path) -> dict[str, Any]:
    facts = _read(folder / "study.json")
    kept = ("data", "shots", "seeds", "target_accuracy", "source_accuracy", "rows")
    return {key: facts[key] for key in kept} | {"epochs": facts["recipe"]["epochs"]}


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def recipes(figures: dict[str, Any], page: str) -> str:
    """Return the table of the recipes, means over the seeds."""
    rows: list[Sequence[str]] = [HEADINGS[page], ("---", *["---:"] * 5)]
    for recipe in SEEDS:
        of = figures[recipe]
        accuracies = [one["test_accuracy"] for one in of]
        rows.append(
            (
                f"`{recipe}`",
                str(of[0]["epochs"]),
                str(len(of)),
                f"{statistics.mean(accuracies):.2%}",
                f"{100 * statistics.stdev(accuracies):.2f}",
                f"{statistics.mean(one['seconds'] for one in of):.0f}",
            )
        )
    return f"{_table(rows)}\n\n{MEASURED_ON[page].format(**figures['measured_on'])}"


def study(figures: dict[str, Any], page: str) -> str:
    """Return the table of a study as the command prints it, and its sentence."""
    from training.reports.finetune_study import cells, verdict

    before = figures["source_accuracy"]
    headings = [heading.format(target=figures["target_accuracy"]) for heading in STUDY[page]]
    if before is not None:
        headings[-1] += BEFORE[page].format(before)
    rows = [headings, ["---", *["---:"] * (len(headings) - 1)], *map(cells, figures["rows"])]
    said = verdict(figures["rows"])
    return f"{_table(rows)}\n\n{said.zh if page == PAGE_ZH else said.en}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def rewrite(page: str, text: str, figures: dict[str, Any]) -> str:
    """Return `text`, the content of `page`, with its blocks written from `figures`."""
    contents = {"recipes": recipes(figures, page)}
    if page in STUDY:
        contents |= {name: study(one, page) for name, one in figures.items() if "rows" in one}
    for name, content in contents.items():
        text = blocks.replace(text, "finetune", name, content)
    return text


def main(source: str | None = None) -> None:
    """Measure and write everything."""
    figures = measure(source)
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    KEPT.write_text(text, encoding="utf-8")
    blocks.write(PAGES, rewrite, figures)


if __name__ == "__main__":
    main(*sys.argv[1:2])
