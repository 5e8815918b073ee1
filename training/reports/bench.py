"""What a bench measured: the table of each number of rows, and the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from training.options.bench import BenchConfig
from training.reports import chart, document, png
from training.reports.document import Text
from training.reports.tables import ruled


def table(of_rows: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the table of one number of rows, fastest first."""
    headings = ("s/epoch", "min", "max", "peak MB", "to floor", "to fastest peer")
    shown = ruled("peer", *headings, whole=False)
    for line in lines(of_rows):
        shown.add_row(*line)
    for peer, of in of_rows.items():
        if "missing" in of:
            shown.add_row(peer, of["missing"])
    return shown


def lines(of_rows: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return the table's lines, fastest first; of what is missing, none."""
    measured = {peer: of for peer, of in of_rows.items() if "missing" not in of}
    return [
        [
            peer,
            *(f"{of[key]:.4f}" for key in ("median_s", "min_s", "max_s")),
            f"{of['peak_mb']:,.0f}",
            f"{of['to_floor']:.2f}",
            f"{of['to_fastest_peer']:.2f}" if "to_fastest_peer" in of else "-",
        ]
        for peer, of in sorted(measured.items(), key=lambda item: float(item[1]["to_floor"]))
    ]


def write(
    folder: Path, config: BenchConfig, measured: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> None:
    """Write the page and the picture of what bench.json holds, by number of rows."""
    ratios, shown, missing = {}, {}, {}
    for rows, of_rows in measured.items():
        to_floor = {peer: of["to_floor"] for peer, of in of_rows.items() if "to_floor" in of}
        ratios[rows] = dict(sorted(to_floor.items(), key=lambda item: -item[1]))  # slowest first
        shown[rows] = lines(of_rows)
        missing[rows] = {peer: of["missing"] for peer, of in of_rows.items() if "missing" in of}
    png.bench(ratios, folder / "bench.png")
    charts = {
        f"rows-{rows}": chart.bars(
            of,
            Text("epoch time, in floors", "每个 epoch 的时间（以下限为 1）"),
            Text(f"Epoch time with {int(rows):,} rows", f"{int(rows):,} 行时每个 epoch 的时间"),
        )
        for rows, of in ratios.items()
    }
    data = {"charts": charts}
    document.write(folder, "bench.html.j2", config, data, lines=shown, missing=missing)
