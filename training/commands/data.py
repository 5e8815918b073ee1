"""`tf1keras data NAME`: prepare a data set, say what is in it, draw its digits.

    tf1keras data mnist_5k
    tf1keras data images:mine --fit --to npz:mine.npz

prints rows, class counts and checksum; writes `data.json` and `contact_sheet.png`, and with `--to`
the digits themselves.
"""

import numpy as np
from rich import box
from rich.table import Table

from training import data
from training.command_line.output import Output
from training.data import npz
from training.machine import files, paths
from training.options.data import DataConfig
from training.reports import png
from training.runs import folders, names


def run(config: DataConfig) -> int:
    """Run the command; return its exit status."""
    final = names.choose("data", config.out)
    if config.file:
        paths.check_new(config.file, "--to")
    digits = data.load(config.data, config.manual_dir, config.fit)
    counts = {  # rows of each class, the lowest first
        split: np.bincount(examples.labels, minlength=len(digits.classes)).tolist()
        for split, examples in (("train", digits.train), ("test", digits.test))
    }
    out = Output(config)
    with folders.begin(final) as folder:
        facts = {**digits.facts(), "classes": digits.classes, "class_counts": counts}
        files.write_json(folder / "data.json", facts)
        png.contact_sheet(digits.train, folder / "contact_sheet.png")
        if config.file:
            npz.write(paths.expand(config.file), digits.as_bytes())
    out.show(digits.describe())
    out.show(_table(digits.classes, counts))
    out.show(f"Contact sheet: {final / 'contact_sheet.png'}")
    if config.file:
        out.show(f"Written: {config.file}")
    out.result(facts, final)
    return 0


def _table(classes: tuple[int, ...], counts: dict[str, list[int]]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, show_footer=True)
    shown.add_column("class", footer="all")
    for split, of_split in counts.items():
        shown.add_column(split, justify="right", footer=f"{sum(of_split):,}")
    for label, row in zip(classes, zip(*counts.values(), strict=True), strict=True):
        shown.add_row(str(label), *(f"{count:,}" for count in row))
    return shown
