"""What a run costs, as ratios measured side by side: time, memory, start-up."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from keras_models import article
from tests.conftest import ROOT
from training import data
from training.experiments import peers
from training.experiments.peers import Train
from training.lanes import loop
from training.lanes.build import build
from training.lanes.protocol import Trainee
from training.machine.devices import Device
from training.options.lanes import Lane

pytestmark = pytest.mark.slow

CPU = Device("CPU", 0)
THREE: list[Lane] = ["tf1", "exact", "idiomatic"]
PEAK = """
import sys
from training import cli
status = cli.main(sys.argv[1:])
with open("/proc/self/status") as file:  # ru_maxrss would be the parent's, where that is larger
    (line,) = (line for line in file if line.startswith("VmHWM"))
print("peak kB", line.split()[1])
sys.exit(status)
"""
PORTABLE = """
import os, statistics, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.environ["OPENBLAS_NUM_THREADS"] = "1"
from training import data
from training.lanes.build import build
from training.machine.devices import Device

def seconds(lane, epochs):
    start = time.process_time()
    lane.steps(epochs)
    return (time.process_time() - start) / epochs

train = data.load("mnist_5k").train
exact, portable = build(["exact", "portable"], train, 1234, Device("CPU", 0))
seconds(exact, 2), seconds(portable, 1)
print(statistics.median(seconds(portable, 2) / seconds(exact, 8) for _ in range(5)))
"""
BARE = "import tensorflow"


@pytest.mark.alone
@pytest.mark.parametrize(("rows", "epochs"), [(4000, 40), (60000, 3)])
def test_three_lanes_cost_what_they_cost_one_by_one(rows: int, epochs: int) -> None:
    trainees = build(THREE, data.synthetic(rows), 1234, CPU)
    _seconds(trainees, 3)
    ratios: list[float] = []
    for _ in range(3):
        alone = sum(_seconds([trainee], epochs) for trainee in trainees)
        ratios.append(_seconds(trainees, epochs) / alone)
        if sum(ratio <= 1.05 for ratio in ratios) == 2:
            return  # so is the median of three
    pytest.fail(f"{ratios=}")


def _seconds(trainees: Sequence[Trainee], epochs: int) -> float:
    """Return the seconds of `epochs` more epochs of all of these, in lockstep."""
    start = time.perf_counter()
    loop.train(trainees, epochs, lambda epoch, losses: None, timed=0)
    return time.perf_counter() - start


def test_portable_lane_takes_at_most_twelve_times_the_exact_ones_processor_time(
    tmp_path: Path,
) -> None:
    """On one core, where no thread waits for another; 8 was measured, 11 on AMD with AVX-512."""
    assert float(_run(tmp_path, PORTABLE)) <= 12


@pytest.mark.parametrize(
    "most",
    [
        pytest.param(240000, marks=pytest.mark.alone),
        pytest.param(600000, marks=pytest.mark.soak),
    ],
)
def test_cost_is_linear_in_rows(most: int) -> None:
    """Seconds a row of the exact lane, each number of rows in turn with the smallest.

    Where a processor's caches hold the smallest whole, TensorFlow's own two matrix products take up
    to 1.2 times as long a row of more; the lane has to be linear in what they take.
    """
    numbers = (4000, 60000, most)
    examples = [data.synthetic(rows) for rows in numbers]
    lanes = [build(["exact"], of, 1234, CPU)[0].steps for of in examples]
    grown = _growth(numbers, lanes)
    products = [1.0, 1.0]
    if max(grown) > 1.15:
        floors = [peers.floor(*of) for of in examples]
        products = [max(1, growth) for growth in _growth(numbers, floors)]
    for lane, least in zip(grown, products, strict=True):
        assert 0.85 <= lane <= 1.15 * least, (grown, products)


def _growth(numbers: Sequence[int], trainers: Sequence[Train]) -> list[float]:
    """Return how many times as long a row takes at each larger number of rows as at the first."""
    for train in trainers:
        train(1)
    epochs = [numbers[-1] // rows for rows in numbers]  # of as many rows together
    rounds = []
    for _ in range(3):
        of_few, *of_more = map(_seconds_of_call, trainers, epochs)
        rounds.append([seconds / of_few for seconds in of_more])
    return [statistics.median(ratios) for ratios in zip(*rounds, strict=True)]


def _seconds_of_call(train: Train, epochs: int) -> float:
    start = time.perf_counter()
    train(epochs)
    return time.perf_counter() - start


def test_three_lanes_take_little_more_memory_than_the_articles_script(
    mnist_dir: Path, tmp_path: Path
) -> None:
    """All lanes read one copy of the data."""
    given = ["--data", f"idx:{mnist_dir}", "--epochs", "3"]
    ours, theirs = (_peak(tmp_path, command, *given) for command in ("compare", "article"))
    assert ours <= 1.2 * theirs, (ours, theirs)


def _peak(folder: Path, *words: str) -> int:
    """Return the largest resident memory of a command, in kB."""
    return int(_run(folder, PEAK, *words).rpartition("peak kB ")[2])


@pytest.mark.alone
def test_results_are_there_before_a_bare_import_is_done(tmp_path: Path) -> None:
    """The first epoch, and the digit of a picture, by turns with `import tensorflow`."""
    article.build("idiomatic").save(tmp_path / "model.keras")
    picture = ["predict", "model.keras", str(ROOT / "examples" / "seven.png")]
    epoch, digit, bare = [], [], []
    for _ in range(2):
        epoch.append(_wall(tmp_path, PEAK, "article", "--epochs", "1"))
        bare.append(_wall(tmp_path, BARE))
        digit.append(_wall(tmp_path, PEAK, *picture))
        if min(epoch) <= min(bare) and min(digit) <= 0.8 * min(bare):
            return  # a second time where something else was in the way
    pytest.fail(f"{epoch=} {digit=} {bare=}")


def _wall(folder: Path, code: str, *words: str) -> float:
    start = time.perf_counter()
    _run(folder, code, *words)
    return time.perf_counter() - start


def _run(folder: Path, code: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
