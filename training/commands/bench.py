"""`tf1keras bench`: how long an epoch takes, in every lane and in other libraries, side by side.

    tf1keras bench
    tf1keras bench --rows 60000 --peers exact torch jax --rounds 15

Prints, per number of rows, a table: seconds an epoch, peak memory, ratio to the floor (the two
large matrix products alone) and to the fastest other library. Each peer has a process of its own,
and is measured in turn with the floor's, round by round: a machine that slows down slows both.
"""

from training.command_line import words
from training.command_line.output import Output
from training.experiments.peer_process import measure
from training.machine import environment, files, startup
from training.options.bench import BenchConfig
from training.reports import bench as report
from training.runs import folders, names


def run(config: BenchConfig) -> int:
    """Run the command; return its exit status."""
    final = names.choose("bench", config.out)
    startup.import_tensorflow()
    out = Output(config)
    out.note(environment.banner())
    with folders.begin(final) as folder:
        measured = {str(rows): measure(rows, config, out.note) for rows in config.sizes}
        files.write_json(folder / "config.json", words.options(config))
        files.write_json(folder / "environment.json", environment.describe())
        results = {"rounds": config.rounds, "rows": measured}
        files.write_json(folder / "bench.json", results)
        report.write(folder, config, measured)
    for rows, of_rows in measured.items():
        out.show(f"\n{int(rows):,} rows, median of {config.rounds} rounds")
        out.show(report.table(of_rows))
    out.where(final)
    out.result(results, final)
    return 0
