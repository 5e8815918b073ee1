"""`tf1keras bench`: how long an epoch takes, in every lane and in other libraries, side by side.

    tf1keras bench
    tf1keras bench --rows 60000 --peers exact torch jax --rounds 15

Prints, per number of rows, a table: seconds an epoch, peak memory, ratio to the floor (the two
large matrix products alone) and to the fastest other library. Each peer has a process of its own,
and is measured in turn with the floor's, round by round: a machine that slows down slows both.
"""

from typing import Any

from rich import box
from rich.table import Table

from training import plot
from training.command_line import words
from training.command_line.output import Output
from training.experiments.peer_process import measure
from training.machine import environment, files, startup
from training.options.bench import BenchConfig
from training.pages import tables
from training.runs import folders


def run(config: BenchConfig) -> int:
    """Run the command; return its exit status."""
    final = folders.choose("bench", config.out)
    startup.import_tensorflow()
    out = Output(config)
    out.note(environment.banner())
    with folders.new(final) as folder:
        measured = {str(rows): measure(rows, config, out.note) for rows in config.sizes}
        files.write_json(folder / "config.json", words.options(config))
        files.write_json(folder / "environment.json", environment.describe())
        results = {"rounds": config.rounds, "rows": measured}
        files.write_json(folder / "bench.json", results)
        plot.bench(measured, folder / "bench.png")
        shown = {rows: lines(of_rows) for rows, of_rows in measured.items()}
        tables.bench(folder, config, measured, shown)
    for rows, of_rows in measured.items():
        out.show(f"\n{int(rows):,} rows, median of {config.rounds} rounds")
        out.show(table(of_rows))
    out.where(final)
    out.result(results, final)
    return 0


def table(of_rows: dict[str, dict[str, Any]]) -> Table:
    """Return the table of one number of rows, fastest first."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    shown.add_column("peer", no_wrap=True)
    for heading in ("s/epoch", "min", "max", "peak MB", "to floor", "to fastest peer"):
        shown.add_column(heading, justify="right")
    for line in lines(of_rows):
        shown.add_row(*line)
    for peer, of in of_rows.items():
        if "missing" in of:
            shown.add_row(peer, of["missing"])
    return shown


def lines(of_rows: dict[str, dict[str, Any]]) -> list[list[str]]:
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
