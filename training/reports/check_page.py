"""The page of a check: the verdict, every rung, both models side by side, the smallest failure."""

from pathlib import Path

from training.checking.judgement import Diagnosis
from training.checking.side_by_side.look import SideBySide
from training.checking.side_by_side.smallest import Smallest
from training.options.check import CheckConfig
from training.reports import check, document
from training.reports.document import Text

SMALLEST = "smallest.npz"
"""What is written beside the page, where a pair fails."""
HEADLINES = {
    "identical": Text("Bit for bit the same", "逐比特相同"),
    "equivalent": Text("Equivalent", "等价"),
    "different": Text("Different", "不同"),
    "undecided": Text("Undecided", "没有定论"),
}
VERDICTS = {
    "identical": "从同样的权重出发，每一个比特都相同",
    "equivalent": "重写是对的；剩下的是运算上的舍入，列在下面",
    "different": "这个重写不是那个 TensorFlow 1 计算图",
    "undecided": "什么也没有证明：既没有证明重写是对的，也没有证明它是错的",
}
RUNGS = {
    "variables": "变量",
    "copied weights": "复制过去的权重",
    "forward": "前向输出",
    "loss": "损失",
    "gradients": "梯度",
    "one update": "一次更新",
    "all updates": "全部更新",
    "moving averages": "滑动平均",
    "inference": "推理",
    "initializers": "初始分布",
}
"""What the rungs are called in Chinese."""
WHY_NOT = {
    "layers": Text(
        "The layers could not be looked into: Keras cannot clone this model, which may be "
        "subclassed.",
        "没法看到各个层：Keras 无法克隆这个模型（可能是子类化的）。",
    ),
    "variables": Text(
        "No layer could be held against the graph: the variables could not be paired.",
        "没法拿各个层与计算图对照：变量配不上对。",
    ),
    "float64": Text(
        "No layer could be held against the graph: one of the two sides does not run in float64.",
        "没法拿各个层与计算图对照：有一边不能用 float64 运行。",
    ),
}


def write(folder: Path, config: CheckConfig, diagnosis: Diagnosis, sides: SideBySide) -> None:
    """Write the page of what check.json holds, and beside it the smallest failure, if any."""
    least = sides.smallest
    if least is not None and least.content is not None:
        (folder / SMALLEST).write_bytes(least.content)
    document.write(
        folder,
        "check.html.j2",
        config,
        {},
        headline=HEADLINES[diagnosis.verdict],
        verdict=Text(check.VERDICTS[diagnosis.verdict], VERDICTS[diagnosis.verdict]),
        diagnosis=diagnosis,
        rungs=check.shown(diagnosis),
        rung_names={name: Text(name, zh) for name, zh in RUNGS.items()},
        sides=sides,
        why_not=WHY_NOT[sides.why_not] if sides.why_not else None,
        smallest_file=SMALLEST,
        arrays={} if least is None else {name: _meaning(name, least) for name in least.shapes},
    )


def _meaning(array: str, least: Smallest) -> Text:
    """Return what an array of the smallest failure is."""
    where = least.where or least.rung
    known = {
        "x": Text("rows of x", "x 的若干行"),
        "y": Text("rows of y", "y 的若干行"),
        "keras": Text(f"{where} in Keras", f"Keras 的 {where}"),
        "tensorflow_1": Text(f"{where} in TensorFlow 1", f"TensorFlow 1 的 {where}"),
        "layer_keras": Text(f"outputs of layer {least.layer}", f"{least.layer} 层的输出"),
        "layer_tensorflow_1": Text(
            f"the graph’s nearest tensor of as many numbers, {least.tensor}",
            f"计算图里元素个数相同、数值最接近的张量 {least.tensor}",
        ),
    }
    if array in known:
        return known[array]
    if array.startswith("layer_input_"):
        return Text(f"inputs of layer {least.layer}", f"{least.layer} 层的输入")
    return Text(f"weights of layer {least.layer}", f"{least.layer} 层的权重")
