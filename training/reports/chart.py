"""Charts for the page, as plain data: charts.js draws them with Plotly.

A chart has one x for all its series and one view or several to choose from; each view has an axis
and series of its own. Long curves are thinned, and the page says so.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from training.reports.document import Text

MOST_POINTS = 2000
"""Points of a curve that are drawn, about."""
FIRST = 100
"""Points at the start of a curve that are always drawn: there is where causes show."""

EPOCH = Text("epoch", "epoch（训练轮）")


def thinned(curves: Sequence[np.ndarray], always: Iterable[int] = ()) -> np.ndarray:
    """Return the indexes of the points to draw of `curves`, each [N], in rising order.

    All where there are few. Otherwise the first FIRST, the last, those in `always`, and of as many
    stretches as fit each curve's lowest and highest point, so that no peak is lost.
    """
    count = len(curves[0])
    if count <= MOST_POINTS:
        return np.arange(count)
    kept = {*range(FIRST), count - 1, *always}
    stretches = max(1, MOST_POINTS // (2 * len(curves)))
    for stretch in np.array_split(np.arange(count), stretches):
        for curve in curves:
            part = curve[stretch]
            kept |= {int(stretch[part.argmin()]), int(stretch[part.argmax()])}
    return np.array(sorted(kept))


def numbers(values: np.ndarray) -> list[float | None]:
    """Return `values` as JSON has numbers, in the shortest form that reads back to their bits.

    None for what is not finite.
    """
    return [float(str(value)) if np.isfinite(value) else None for value in values]


def view(
    label: Text,
    y_title: Text,
    series: Sequence[Mapping[str, Any]],
    *,
    log: bool = False,
    form: str = ".8~g",
) -> dict[str, Any]:
    """Return one view of a chart; a series has a name, y, and how it looks (`looks.on_page`).

    `form` is how its numbers are printed, in d3-format's terms.
    """
    return {"label": label, "y_title": y_title, "series": series, "log": log, "format": form}


def lines(
    x: np.ndarray,
    views: Sequence[Mapping[str, Any]],
    label: Text,
    *,
    x_title: Text = EPOCH,
    marks: Sequence[Mapping[str, Any]] = (),
    of: int | None = None,
) -> dict[str, Any]:
    """Return a chart of curves over `x`; `of`: points there would be.

    `marks` are lines from top to bottom: where (`x`), what is said of it (`says`), its `colour`.
    """
    return {
        "kind": "lines",
        "label": label,
        "x": [int(number) for number in x],
        "x_title": x_title,
        "views": views,
        "marks": marks,
        "thinned": None if of is None or of == len(x) else {"drawn": len(x), "of": of},
        "early": len(x) > FIRST,
    }


def distances(name: str, values: np.ndarray) -> dict[str, Any]:
    """Return the series of a distance on a log axis, to four digits; `zero`: it is 0 everywhere.

    None for what a log axis cannot show.
    """
    rounded = (float(f"{value:.4g}") for value in values)
    y = [value if 0 < value < math.inf else None for value in rounded]
    return {"name": name, "y": y, "zero": not values.any()}


def bars(values: Mapping[str, float], x_title: Text, label: Text) -> dict[str, Any]:
    """Return a chart of horizontal bars, the first at the bottom, with a line at 1."""
    return {
        "kind": "bars",
        "label": label,
        "x_title": x_title,
        "names": [*values],
        "values": [round(value, 3) for value in values.values()],
        "views": [],
        "early": False,
        "thinned": None,
    }
