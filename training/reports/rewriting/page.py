"""report.html of a rewrite: the source, line for line beside the ops that became it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from keras_models.writing import Source
from training.checking.judgement import Diagnosis
from training.options.rewrite import RewriteConfig
from training.reports import check, check_page, document
from training.reports.document import Text
from training.reports.rewriting.stretches import Op, Stretches


class Row(NamedTuple):
    """Lines of the source, and the ops that they stand for."""

    line: int
    """Number of the first."""
    text: str
    ops: Sequence[Op]


def write(
    folder: Path,
    config: RewriteConfig,
    source: Source,
    stretches: Stretches,
    found: Diagnosis,
    proof: str,
    aside: Sequence[str],
    rest: Sequence[str],
    outside: Mapping[str, str],
) -> None:
    """Write the page of a rewrite that was proven, into its folder.

    `rest` is not understood; `outside` changes variables, and no train op runs it.
    """
    document.write(
        folder,
        "rewrite.html.j2",
        config,
        {},
        headline=check_page.HEADLINES[found.verdict],
        verdict=Text(check.VERDICTS[found.verdict], check_page.VERDICTS[found.verdict]),
        diagnosis=found,
        rungs=check.shown(found),
        rung_names={name: Text(name, zh) for name, zh in check_page.RUNGS.items()},
        rows=_rows(source, stretches),
        proof=proof,
        aside=aside,
        rest=rest,
        outside=outside,
    )


def _rows(source: Source, stretches: Stretches) -> list[Row]:
    """Return the lines of `keras_model()`."""
    number = source.text[: source.text.index(source.model[0].text)].count("\n") + 1
    rows = []
    for line in source.model:
        ops = [op for name in line.of for op in stretches.of(name)]
        rows.append(Row(number, line.text, ops))
        number += line.text.count("\n") + 1
    return rows
