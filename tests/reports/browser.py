"""What is done to a page in a browser, and read from it."""

from collections.abc import Callable
from typing import Any

import numpy as np

Open = Callable[..., Any]
"""As the fixture `opened`: a run's folder -> its page."""


def strokes(page: Any, points: list[tuple[int, int]]) -> None:
    """Draw on the pad with the mouse, in its own 280 x 280."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    scale = (box["width"] - 2) / 280
    at = [(box["x"] + 1 + x * scale, box["y"] + 1 + y * scale) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def canvas(page: Any, name: str, channel: int) -> np.ndarray:
    """Return one channel of a canvas: [height, width] uint8."""
    height, width, values = page.evaluate(
        """([name, channel]) => {
            const { width, height } = document.getElementById(name);
            const context = document.getElementById(name).getContext("2d");
            const { data } = context.getImageData(0, 0, width, height);
            return [height, width, [...data].filter((_, i) => i % 4 === channel)];
        }""",
        [name, channel],
    )
    return np.array(values, np.uint8).reshape(height, width)
