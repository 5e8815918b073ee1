"""Draw README's moving picture: the lanes' losses fall in lockstep, and a drawn digit is read.

    python -m docs.figures.write_lockstep RUN

RUN is a folder of `tf1keras compare` with the lanes tf1, exact and idiomatic. Keeps what is drawn
in measured/lockstep.json and makes lockstep/lockstep.svg of it and of the template beside that.
`make figures` does it too.
"""

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "figures" / "lockstep"
PICTURE = FOLDER / "lockstep.svg"
KEPT = ROOT / "docs" / "figures" / "measured" / "lockstep.json"
LANES = ("tf1", "exact", "idiomatic")
BETWEEN = 5
"""Epochs from one point of a curve to the next."""
FRAMES = 25
"""How often the numbers change while the curves are drawn."""
STROKE = (
    *((85, 65), (112, 53), (140, 50), (172, 57), (190, 78), (180, 108), (158, 126), (130, 136)),
    *((160, 140), (188, 160), (200, 190), (190, 220), (160, 240), (125, 243), (90, 232)),
)
"""A three as somebody draws it on the pad of the report page, 280 x 280 pixels."""
PEN = 22
"""Pixels, as the pad's."""


def measure(run: Path) -> dict[str, Any]:
    """Return the losses and distances of a run, and what its models say of the drawn digit."""
    with (run / "history.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    losses = {lane: np.array([row[lane] for row in rows], np.float32) for lane in LANES}
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        digit().save(picture)
        command = [sys.executable, "-m", "training", "predict", str(run), str(picture), "--json"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    answers = json.loads(done.stdout)["predictions"]
    at = [*range(0, len(rows) - 1, BETWEEN), len(rows) - 1]
    return {
        "epochs": at,
        "losses": {lane: of[at].tolist() for lane, of in losses.items()},
        "distances": {lane: farthest(losses[lane], losses["tf1"], at) for lane in LANES[1:]},
        "read": {answer["model"]: answer["class"] for answer in answers},
    }


def digit() -> Image.Image:
    """Return the drawn digit, dark on bright."""
    pad = Image.new("L", (280, 280), 255)
    pen = ImageDraw.Draw(pad)
    pen.line(STROKE, fill=0, width=PEN, joint="curve")
    for x, y in STROKE:
        pen.ellipse((x - PEN / 2, y - PEN / 2, x + PEN / 2, y + PEN / 2), fill=0)
    return pad


def farthest(losses: np.ndarray, reference: np.ndarray, at: list[int]) -> list[float]:
    """Return the largest relative distance from each of these epochs to the next."""
    from training.parity.distance import relative_distance

    return np.maximum.reduceat(relative_distance(losses, reference), at).tolist()


def curve(epochs: list[int], values: list[float], top: float, bottom: float, height: int) -> str:
    """Return its points, 464 wide: logarithmic from `top` to `bottom`, with 0 at the bottom."""
    across = np.array(epochs) / epochs[-1] * 464
    fallen = np.log10(top / np.maximum(values, bottom)) / np.log10(top / bottom)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, fallen * height, strict=True))


def drawn(figures: dict[str, Any]) -> str:
    """Return the picture, an SVG that moves by CSS alone."""
    epochs, losses, distances = (figures[of] for of in ("epochs", "losses", "distances"))
    frames = np.linspace(0, len(epochs) - 1, FRAMES).astype(int)
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True)
    template = environment.from_string((FOLDER / "lockstep.svg.j2").read_text(encoding="utf-8"))
    return template.render(
        losses={lane: curve(epochs, of, 200, 0.05, 150) for lane, of in losses.items()},
        distances={lane: curve(epochs, of, 1e-3, 1e-8, 75) for lane, of in distances.items()},
        frames=[(epochs[at], [np.float32(losses[lane][at]) for lane in LANES]) for at in frames],
        epochs=epochs[-1] + 1,
        farthest=max(distances["idiomatic"]),
        stroke=" ".join(f"{x},{y}" for x, y in STROKE),
        pen=PEN,
        read=figures["read"],
    )


def write() -> None:
    """Write the picture from what is kept."""
    figures = json.loads(KEPT.read_text(encoding="utf-8"))
    PICTURE.write_text(drawn(figures), encoding="utf-8")


def main(run: Path) -> None:
    """Write everything."""
    KEPT.write_text(json.dumps(measure(run)) + "\n", encoding="utf-8")
    write()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
