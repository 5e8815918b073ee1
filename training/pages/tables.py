"""The pages of what ends in a table: ablate, bench, and a study of fine-tuning."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.lanes.history import History
from training.pages import chart, document
from training.pages.document import Text
from training.parity.distance import relative_distance, ulp_distance

if TYPE_CHECKING:
    from training.options.ablate import AblateConfig
    from training.options.bench import BenchConfig
    from training.options.finetune import FinetuneConfig


def ablate(
    folder: Path,
    config: "AblateConfig",
    histories: Mapping[str, History],
    results: Mapping[str, Any],
) -> None:
    """Write the page of what ablation.json holds as `results`: rounding is dashed."""
    reference = results["reference"]
    kinds = {cause: row["kind"] for cause, row in results["causes"].items()}

    def measured(precision: str, measure: Callable[..., np.ndarray]) -> dict[str, np.ndarray]:
        losses = histories[precision].losses
        return {
            cause: np.maximum.accumulate(measure(losses[cause], losses[reference]))
            for cause in kinds
        }

    def by_cause(found: Mapping[str, np.ndarray], drawn: np.ndarray) -> list[dict[str, Any]]:
        return [
            chart.zero_or_more(cause, of[drawn])
            | {"colour": number, "dash": "dash" if kinds[cause] == "rounding" else "solid"}
            for number, (cause, of) in enumerate(found.items())
        ]

    relative = measured("float32", relative_distance)
    drawn = chart.thinned(
        [*relative.values()], [int((of > 0).argmax()) for of in relative.values()]
    )
    title = Text(
        f"largest relative distance to {reference} so far", f"到此为止与 {reference} 的最大相对差"
    )
    ulp_title = Text(
        f"float32 numbers away from {reference}", f"与 {reference} 相隔的 float32 个数"
    )
    double = measured("float64", relative_distance)
    short = drawn[drawn < histories["float64"].epochs]
    views = [
        chart.view(
            Text("relative", "相对差"), title, by_cause(relative, drawn), log=True, form=".3~e"
        ),
        chart.view(
            Text("ULP", "ULP"),
            ulp_title,
            by_cause(measured("float32", ulp_distance), drawn),
            log=True,
            form=",",
        ),
        chart.view(
            Text("relative, in float64", "相对差（float64）"),
            title,
            by_cause(double, short),
            log=True,
            form=".3~e",
        ),
    ]
    label = Text("How far each cause takes the loss", "每个原因让损失偏离多远")
    shown = chart.lines(
        drawn,
        views,
        label,
        x_title=Text("epochs", "epoch 数"),
        of=histories["float32"].epochs,
    )
    document.write(folder, "ablate.html.j2", config, {"charts": {"causes": shown}}, results=results)


def bench(
    folder: Path,
    config: "BenchConfig",
    measured: Mapping[str, Mapping[str, Mapping[str, Any]]],
    lines: Mapping[str, Sequence[Sequence[str]]],
) -> None:
    """Write the page of what bench.json holds; `lines` are the tables' by number of rows."""
    charts = {}
    for rows, of_rows in measured.items():
        ratios = {peer: of["to_floor"] for peer, of in of_rows.items() if "to_floor" in of}
        slowest_first = sorted(ratios, key=lambda peer: -ratios[peer])
        charts[f"rows-{rows}"] = chart.bars(
            {peer: ratios[peer] for peer in slowest_first},
            Text("epoch time, in floors", "每个 epoch 的时间（以下限为 1）"),
            Text(f"Epoch time with {int(rows):,} rows", f"{int(rows):,} 行时每个 epoch 的时间"),
        )
    missing = {
        rows: {peer: of["missing"] for peer, of in of_rows.items() if "missing" in of}
        for rows, of_rows in measured.items()
    }
    document.write(
        folder, "bench.html.j2", config, {"charts": charts}, lines=lines, missing=missing
    )


def study(
    folder: Path,
    config: "FinetuneConfig",
    curves: Mapping[tuple[str, int], Sequence[float]],
    lines: Sequence[Sequence[str]],
    verdict: Text,
    source_accuracy: float | None,
) -> None:
    """Write the page of a study: the mean test accuracy of each strategy over its seeds."""
    means = {}
    for name in dict.fromkeys(strategy for strategy, _ in curves):
        of = [curve for (strategy, _), curve in curves.items() if strategy == name]
        shortest = min(map(len, of))  # a training can have stopped early
        means[name] = np.mean([curve[:shortest] for curve in of], axis=0)
    longest = max(means.values(), key=len)
    drawn = chart.thinned([longest])
    series = [
        {
            "name": name,
            "y": chart.numbers(mean[drawn[drawn < len(mean)]]),
            "colour": number,
            "dash": "dash" if name in ("scratch", "naive") else "solid",
        }
        for number, (name, mean) in enumerate(means.items())
    ]
    title = Text("test accuracy", "测试准确率")
    shown = chart.lines(
        drawn,
        [chart.view(title, title, series, form=".2%")],
        Text("Fine-tuning against training from scratch", "微调与从头训练"),
        of=len(longest),
    )
    document.write(
        folder,
        "study.html.j2",
        config,
        {"charts": {"study": shown}},
        lines=lines,
        verdict=verdict,
        source_accuracy=source_accuracy,
    )
