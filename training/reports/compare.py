"""What a comparison found: the closing table, and the page with a pad to draw a digit on."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from tf1_compat.hyperparameters import LISTING
from training.data import Digits
from training.experiments.comparison import Comparison
from training.experiments.lockstep import Lockstep
from training.options.compare import CompareConfig
from training.options.lanes import STOCK
from training.parity import distance
from training.reports import document, png
from training.reports.comparing import curves
from training.reports.document import Text
from training.reports.inside import answers, models, units
from training.reports.inside.lab import lab, recorded
from training.reports.tables import ruled


def table(results: dict[str, Any]) -> Table:
    """Return the closing table, one row a lane, from what `results` returns."""
    shown = ruled("lane", "first loss", "last loss", "max ULP", "max rel", "test acc", "s/epoch")
    for lane, row in results["lanes"].items():
        ulp = rel = "-"
        if row["max_ulp"] is not None:
            ulp, rel = f"{row['max_ulp']:,}", distance.shown(row["max_rel"])
        shown.add_row(
            lane,
            str(np.float32(row["first_loss"])),
            str(np.float32(row["last_loss"])),
            ulp,
            rel,
            f"{row['test_accuracy']:.2%}",
            "-" if row["seconds_per_epoch"] is None else f"{row['seconds_per_epoch']:.4f}",
        )
    return shown


def write(
    folder: Path,
    comparison: Comparison,
    results: Mapping[str, Any],
    digits: Digits,
    lockstep: Lockstep,
) -> None:
    """Write the page and the picture of what results.json holds as `results`."""
    png.losses(comparison.history, comparison.reference, folder / "losses.png")
    config, trainees = comparison.config, lockstep.trainees
    fitting = trainees if models.fits(config.hyper.parameters) else ()
    pad = models.pad(
        [(lane.name, [*lane.weights().values()], digits.classes) for lane in fitting],
        probabilities=config.cost == "cross_entropy",
    )
    embedded = {model["name"] for model in pad["models"]}
    looked_at = [lane for lane in trainees if lane.name in embedded] or trainees[:2]
    after = {lane.name: units.first(lane.weights()["W1"]) for lane in looked_at[: units.MOST_LANES]}
    trained = lab(digits.train, lockstep.initial_weights) if config.hyper == LISTING else None
    charts = {"losses": curves.losses(comparison)}
    if comparison.parity:  # there is a lane besides the reference
        charts["distances"] = curves.distances(comparison)
    found = answers.of_test(digits.test, comparison.predicted, digits.classes)
    data = {
        "charts": charts,
        "pad": pad,
        "units": units.pictures(units.first(lockstep.initial_weights["W1"]), after, bool(trained)),
        "misread": found["misread"]["digits"],
        "lab": trained,
    }
    if trained:
        first, epochs = comparison.history.first, comparison.history.epochs
        weights = {**lockstep.recorded, first + epochs: trainees[0].weights()}
        on_the_way = recorded(weights, lockstep.initial_weights, document.room(data))
        trained |= {"first": first, "recorded": on_the_way}
    headline, verdict_zh = verdict(comparison)
    model = config.hyper.describe()
    document.write(
        folder,
        "compare.html.j2",
        config,
        data,
        (*document.PAD, *(document.LAB if trained else ()), "charts/units.js"),
        headline=headline,
        verdict=Text(results["verdict"], verdict_zh),
        model=Text(model, model.replace(" parameters", " 个参数", 1)),
        hidden=config.hyper.widths[1],
        results=results,
        rungs=comparison.rungs,
        differences=curves.differences(comparison),
        initial_sha256=comparison.initial_sha256,
        next=following(folder, config),
        placement={lane.name: lane.placement for lane in trainees},
        **found,
    )


def following(folder: Path, config: CompareConfig) -> list[tuple[Text, str]]:
    """Return what may be done next with the run in `folder`: what it is good for, the command."""
    run = document.final(folder)
    of = [] if config.data == CompareConfig.data else ["--data", config.data]
    return [
        (
            Text("Read a picture of your own with these models.", "让这些模型读你自己的图片。"),
            shlex.join(["tf1keras", "predict", run, "PICTURE.png"]),
        ),
        (
            Text("Make a better reader of them: fine-tune.", "通过微调，得到读得更准的模型。"),
            shlex.join(["tf1keras", "finetune", run, *of]),
        ),
        (
            Text("See each cause of drift alone.", "逐个查看产生偏差的原因。"),
            "tf1keras ablate --epochs 100",
        ),
        (
            Text("Check your own rewrite against its graph.", "检查你自己的重写与它的计算图。"),
            "tf1keras check PAIR.py",
        ),
    ]


def verdict(comparison: Comparison) -> tuple[Text, str]:
    """Return the verdict in a few words, and in Chinese, shorter: the tables have the rest."""
    lane = comparison.reference
    reference = " TensorFlow 1 的计算图" if lane == "tf1" else f" {lane} 路线"
    epochs, checksum = comparison.history.epochs, comparison.checksum
    if comparison.exact_holds is None and checksum and checksum.holds:
        headline = Text("The same bits as elsewhere", "与别处的比特相同")
        first = f"portable 路线训练了 {epochs} 个 epoch"
    elif comparison.exact_holds is None:
        headline = Text("Nothing is proven here", "这里什么也没有证明")
        first = "exact 路线和参照没有都运行，所以什么也没有证明"
    elif comparison.parity["exact"].identical:
        headline = Text("Bit for bit the same", "逐比特相同")
        first = f"exact 路线与{reference}在 {epochs} 个 epoch 里逐比特相同，损失和权重都是"
    elif comparison.exact_holds:
        headline = Text("The same within rounding", "在舍入误差内相同")
        first = f"exact 路线与{reference}的差别在容差之内，但不是逐比特相同"
    else:
        headline, first = Text("Not the same", "不相同"), f"exact 路线与{reference}不同"
    clauses = [first]
    for lane, of in comparison.parity.items():
        if lane in ("exact", "portable"):
            continue
        if comparison.config.dropout and lane in STOCK:
            clauses.append(f"{lane} 路线用了 dropout，各框架的掩码不同，谈不上相同")
        elif of.max_ulp:
            clauses.append(f"{lane} 路线的相对差最大 {of.max_rel:.1e}")
        else:
            clauses.append(f"{lane} 路线没有产生偏差")
    if checksum:
        held = {True: "与记录的相同", False: "与记录的不同", None: "没有可比的记录"}[checksum.holds]
        clauses.append(f"portable 路线的校验和是 {checksum.found}，{held}")
    return headline, "；".join(clauses) + "。"
