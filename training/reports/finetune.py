"""What a fine-tuning found: two sentences, and the page with a pad to try it out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.model_files import pretrained
from training.reports import chart, document, inside
from training.reports.document import Text

if TYPE_CHECKING:
    import keras

    from training.finetuning.handoff import HandedOver
    from training.finetuning.split import Task
    from training.model_files.pretrained import Pretrained
    from training.options.finetune import FinetuneConfig

SOURCE, TUNED = Text("source", "微调前"), Text("fine-tuned", "微调后")
ACCURACY = ("accuracy", "validation_accuracy", "test_accuracy")
LOSS = ("loss", "validation_loss")


def handed(begun: "HandedOver") -> str:
    """Return one line: what the hand-off check found."""
    found = begun.handoff
    same = "identical" if found.identical else f"within {found.largest_relative:.0e}"
    factor = "" if found.logit_scale == 1 else f" times {found.logit_scale:g}"
    line = f"hand-off: {found.of}{factor} {same}, the same predictions on {found.rows:,} rows"
    if found.loss_before is not None:
        line += f"; loss {found.loss_before:.4g} -> {found.loss_after:.4g}"
    if begun.scale != 1:
        line += f"\nrescaled by {begun.scale:g}, which changes the loss and no prediction: "
        line += begun.reason
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
    config: "FinetuneConfig",
    result: Mapping[str, Any],
    task: "Task",
    origin: "Pretrained",
    model: "keras.Model",
) -> None:
    """Write the page of what finetune.json holds as `result`."""
    found = {TUNED: pretrained.logits(model, task.test.x).argmax(axis=1)}
    if origin.classes == task.classes:
        found = {SOURCE: pretrained.logits(origin.model, task.test.x).argmax(axis=1)} | found
    misread = inside.misread(task.test, [*found], np.stack([*found.values()]), task.classes)
    pad = inside.pad(
        [
            inside.Model(TUNED, model.get_weights(), task.classes),
            inside.Model(SOURCE, origin.model.get_weights(), origin.classes),
        ],
        probabilities=origin.cost == "cross_entropy",
    )
    pad["models"].reverse()  # the first of them gets the room, and is shown last, as elsewhere
    document.write(
        folder,
        "finetune.html.j2",
        config,
        {"charts": {"history": history(result)}, "pad": pad, "misread": misread["digits"]},
        ("mnist_form.js", "pad.js"),
        result=result,
        misread=misread,
        confusion={
            name: inside.confusion(task.test.labels, columns, len(task.classes))
            for name, columns in found.items()
        },
        classes=[str(label) for label in task.classes],
    )


def history(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chart of accuracies and losses by epoch; row 0 is before training."""
    rows = result["history"]
    names = {
        "accuracy": Text("training rows", "训练集"),
        "validation_accuracy": Text("validation rows", "验证集"),
        "test_accuracy": Text("test rows", "测试集"),
        "loss": Text("training rows", "训练集"),
        "validation_loss": Text("validation rows", "验证集"),
    }
    looks: Mapping[str, Mapping[str, Any]] = {
        "training rows": {"colour": 3},
        "validation rows": {"colour": 2, "dash": "dash"},
        "test rows": {"colour": 0},
    }
    columns = {
        column: np.array([np.nan if row.get(column) is None else row[column] for row in rows])
        for column in names
        if any(row.get(column) is not None for row in rows)
    }
    drawn = chart.thinned([np.nan_to_num(of) for of in columns.values()])

    def series(wanted: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "name": names[column],
                "y": chart.numbers(columns[column][drawn]),
                **looks[names[column].en],
            }
            for column in wanted
            if column in columns
        ]

    kept = result["kept_epoch"]
    says = Text(f"epoch {kept} is kept", f"保留第 {kept} 个 epoch")
    accuracy, loss = Text("accuracy", "准确率"), Text("loss", "损失")
    return chart.lines(
        drawn,
        [
            chart.view(accuracy, accuracy, series(ACCURACY), form=".2%"),
            chart.view(loss, loss, series(LOSS), log=True),
        ],
        Text("Accuracy and loss by epoch", "每个 epoch 的准确率和损失"),
        marks=[] if kept is None else [chart.mark(kept, says, 0)],
        of=len(rows),
    )
