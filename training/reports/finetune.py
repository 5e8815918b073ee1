"""What a fine-tuning found: two sentences, and the page with a pad to try it out."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.finetuning.handoff import HandedOver
from training.finetuning.split import Task
from training.model_files import pretrained
from training.model_files.pretrained import Pretrained
from training.options.finetune import FinetuneConfig
from training.reports import chart, document
from training.reports.document import Text
from training.reports.inside import answers, models

if TYPE_CHECKING:
    import keras

SOURCE, TUNED = Text("source", "微调前"), Text("fine-tuned", "微调后")


def handed(begun: HandedOver) -> str:
    """Return one line: what the hand-off check found."""
    from keras_models.classifiers.network import NO_STACK

    found = begun.handoff
    same = "identical" if found.identical else f"within {found.largest_relative:.0e}"
    factor = "" if found.logit_scale == 1 else f" times {found.logit_scale:g}"
    line = f"hand-off: {found.of}{factor} {same}, the same predictions on {found.rows:,} rows"
    if found.loss_before is not None:
        line += f"; loss {found.loss_before:.4g} -> {found.loss_after:.4g}"
    if begun.scale != 1:
        line += f"\nrescaled by {begun.scale:g}, which changes the loss and no prediction: "
        line += begun.reason
    elif begun.reason == NO_STACK:
        line += f"\n{NO_STACK}"
    return line + ("; new head" if begun.new_head else "")


def summary(result: Mapping[str, Any]) -> str:
    """Return the closing sentence."""
    before, after = result["source_accuracy"], result["test_accuracy"]
    came = "a new head" if before is None else f"{before:.2%}"
    kept = "" if result["kept_epoch"] is None else f" (the best was {result['kept_epoch']})"
    return (
        f"Test accuracy: {came} -> {after:.2%} in {result['seconds']:.0f} s, "
        f"{len(result['history']) - 1} epochs{kept}, {result['trainable_parameters']:,} of "
        f"{result['parameters']:,} parameters trained."
    )


def write(
    folder: Path,
    config: FinetuneConfig,
    result: Mapping[str, Any],
    task: Task,
    origin: Pretrained,
    model: "keras.Model",
) -> None:
    """Write the page of what finetune.json holds as `result`."""
    found = {TUNED: pretrained.logits(model, task.test.x).argmax(axis=1)}
    if origin.classes == task.classes:
        found = {SOURCE: pretrained.logits(origin.model, task.test.x).argmax(axis=1)} | found
    shown = answers.of_test(task.test, found, task.classes)
    asked: list[models.Model] = [
        (TUNED, model.get_weights(), task.classes),
        (SOURCE, origin.model.get_weights(), origin.classes),
    ]
    pad = models.pad(
        asked if origin.is_stack else [],  # of others the page has no code
        probabilities=origin.cost == "cross_entropy",
    )
    pad["models"].reverse()  # the first of them gets the room, and is shown last, as elsewhere
    charts = {"history": history(result)}
    data = {"charts": charts, "pad": pad, "misread": shown["misread"]["digits"]}
    document.write(folder, "finetune.html.j2", config, data, document.PAD, result=result, **shown)


def history(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chart of accuracies and losses by epoch; row 0 is before training."""
    rows = result["history"]
    parts: Mapping[str, tuple[Text, Mapping[str, Any]]] = {
        "": (Text("training rows", "训练集"), {"colour": 3}),
        "validation_": (Text("validation rows", "验证集"), {"colour": 2, "dash": "dash"}),
        "test_": (Text("test rows", "测试集"), {"colour": 0}),
    }
    columns = {}
    for column in (f"{part}{of}" for of in ("accuracy", "loss") for part in parts):
        values = [row.get(column) for row in rows]
        if any(value is not None for value in values):
            columns[column] = np.array(values, float)  # None is nan
    drawn = chart.thinned([np.nan_to_num(of) for of in columns.values()])

    def series(of: str) -> list[dict[str, Any]]:
        return [
            {"name": name, "y": chart.numbers(columns[part + of][drawn]), **look}
            for part, (name, look) in parts.items()
            if part + of in columns
        ]

    kept = result["kept_epoch"]
    says = Text(f"epoch {kept} is kept", f"保留第 {kept} 个 epoch")
    marks = [] if kept is None else [{"x": kept, "says": says, "colour": 0}]
    accuracy, loss = Text("accuracy", "准确率"), Text("loss", "损失")
    return chart.lines(
        drawn,
        [
            chart.view(accuracy, accuracy, series("accuracy"), form=".2%"),
            chart.view(loss, loss, series("loss"), log=True),
        ],
        Text("Accuracy and loss by epoch", "每个 epoch 的准确率和损失"),
        marks=marks,
        of=len(rows),
    )
