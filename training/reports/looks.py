"""How a lane's curves look, on the page and in the picture: a colour, a dash, a width."""

from collections.abc import Mapping
from typing import Any

from training.options.lanes import LANES

PALETTE = (
    *("#1f77b4", "#d62728", "#2ca02c", "#7f7f7f", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2"),
    "#17becf",
)
"""The picture's colours; the page has its own, light and dark, by the same numbers."""
DASHES: Mapping[str, Any] = {
    "solid": "-",
    "dash": "--",
    "dot": ":",
    "dashdot": "-.",
    "longdash": (0, (3, 1, 1, 1, 1, 1)),
}
"""What Plotly calls a dash -> what Matplotlib does."""

COLOURS = {lane: number for number, lane in enumerate(LANES)}
"""Lane -> number of its colour."""
BELOW = next(iter(LANES))
"""The lane that others lie on: wide and pale, so that both are seen."""


def on_page(lane: str) -> dict[str, Any]:
    """Return it as `charts.js` takes it."""
    look: dict[str, Any] = {"colour": COLOURS[lane]}
    if LANES[lane].dash != "solid":
        look["dash"] = LANES[lane].dash
    return look | ({"width": 5, "opacity": 0.45} if lane == BELOW else {})


def in_picture(lane: str) -> dict[str, Any]:
    """Return it as Matplotlib takes it."""
    look = {
        "color": PALETTE[COLOURS[lane] % len(PALETTE)],
        "linestyle": DASHES[LANES[lane].dash],
        "linewidth": 1.2,
    }
    return look | ({"linewidth": 4.0, "alpha": 0.45} if lane == BELOW else {})
