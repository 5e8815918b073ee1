"""The portable lane has one checksum, under every kernel; with one rule dropped it has not."""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT, golden, run
from tests.keras_models.test_variations import CPU, MATRIX, few
from tests.support.losses import read_csv
from tf1_compat.hyperparameters import Hyperparameters
from training.data import Digits
from training.errors import UserError
from training.experiments import verdict
from training.experiments.checksum import RECORDED, Checksum
from training.experiments.comparison import Comparison
from training.lanes.build import build
from training.lanes.by_hand import Backpropagation
from training.lanes.history import History
from training.lanes.portable import Portable, checksum
from training.machine.files import read_json
from training.options.compare import CompareConfig
from training.parity.bits import sha256_of_all
from training.parity.distance import relative_distance
from training.parity.tolerances import FIRST_EPOCHS, TOLERANCES

ALLOWED = TOLERANCES["portable_first_epochs"].relative

BASELINE = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}
"""NumPy as every x86-64 processor has it."""
WITHOUT_TENSORFLOW = """
import sys
sys.modules.update(tensorflow=None, keras=None)
from docs.figures.portable import elsewhere
elsewhere.main(sys.argv[1], 10)
"""

x86 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="these kernels are x86-64's"
)


def elsewhere(settings: dict[str, str], *words: str) -> str:
    """What a Python prints to which another processor is pretended."""
    done = subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def kernel(name: str, threads: int = 1) -> dict[str, str]:
    return {"OPENBLAS_CORETYPE": name, "OPENBLAS_NUM_THREADS": str(threads)}


@pytest.fixture(scope="module")
def start(digits: Digits) -> dict[str, np.ndarray]:
    """TensorFlow 1's initial weights."""
    (network,) = build(["portable"], digits.train, 1234, CPU)
    return network.weights()


def test_fifty_epochs_have_the_recorded_checksum(
    digits: Digits, start: dict[str, np.ndarray]
) -> None:
    """Half of them after a stop."""
    first, second = (Portable(*digits.train, start) for _ in range(2))
    losses = first.steps(25)
    second.restore(first.snapshot())
    losses += second.steps(25)
    assert checksum(losses, second.weights()) == golden("portable")["mnist_5k"]["50"]
    assert checksum(losses[:-1], second.weights()) != golden("portable")["mnist_5k"]["50"]


@pytest.mark.slow
@x86
def test_another_kernel_has_it_too_without_tensorflow(
    digits: Digits, start: dict[str, np.ndarray], tmp_path: Path
) -> None:
    np.savez(tmp_path / "inputs.npz", x=digits.train.x, y=digits.train.y, **start)
    settings = kernel("Nehalem", threads=2) | BASELINE
    found = elsewhere(settings, "-c", WITHOUT_TENSORFLOW, str(tmp_path / "inputs.npz"))
    assert found == golden("portable")["mnist_5k"]["10"]


def test_what_compare_holds_it_against_is_what_was_recorded(
    digits: Digits, start: dict[str, np.ndarray]
) -> None:
    single = {name: array.astype(np.float32) for name, array in start.items()}
    initial = sha256_of_all(single)
    recorded = golden("portable")
    (mnist,) = {data for data, _, _ in RECORDED} - {digits.sha256}
    assert {
        (digits.sha256, initial, 1000): recorded["mnist_5k"]["1000"],
        (mnist, initial, 20): recorded["mnist"]["20"],
    } == RECORDED


def test_every_machine_that_was_tried_gave_it() -> None:
    recorded = golden("portable")
    rows = read_json(ROOT / "docs" / "figures" / "measured" / "portable.json")
    for row in rows:
        for case, found in row["sha256"].items():
            data, epochs = re.fullmatch(r"(\w+), (\d+) epochs", case).groups()
            assert recorded[data][epochs] == found, row["machine"]
    for readme in ("README.md", "README.zh-CN.md"):
        assert recorded["mnist_5k"]["1000"] in (ROOT / readme).read_text(encoding="utf-8")


def test_checksum_is_of_losses_then_weights_by_name() -> None:
    numbers = [0.5, -1.0, 2.0, 3.0]
    weights = {"b": np.array([3.0]), "W": np.array([[-1.0], [2.0]])}
    expected = hashlib.sha256(b"".join(np.float64(n).tobytes() for n in numbers)).hexdigest()
    assert checksum([np.float64(0.5)], weights) == expected


@pytest.mark.parametrize(
    "hyper",
    [
        *(replace(hyper, widths=(784, 16, 10)) for hyper in MATRIX),
        Hyperparameters((784, 20, 12, 10), l1=1e-3, l2=1e-2),
    ],
    ids=Hyperparameters.describe,
)
def test_every_variation_is_what_float64_gives(hyper: Hyperparameters, digits: Digits) -> None:
    examples = few(digits, 99)
    random = np.random.default_rng(0)
    weights = {}
    for number, (inputs, units) in enumerate(hyper.layers, 1):
        weights[f"W{number}"] = random.normal(size=(inputs, units)).astype(np.float32)
        weights[f"b{number}"] = random.normal(size=units).astype(np.float32)
    losses = [
        np.array(kind(*examples, weights, hyper).steps(FIRST_EPOCHS))
        for kind in (Portable, Backpropagation)
    ]
    assert 0 < relative_distance(*losses).max() <= ALLOWED


def test_inputs_that_are_0_in_every_row_are_left_out_and_change_no_bit(
    digits: Digits, start: dict[str, np.ndarray]
) -> None:
    """Nor where all are."""
    few = digits.train.x[:300], digits.train.y[:300]
    left_out, whole = (Portable(*few, start) for _ in range(2))
    whole._used = np.arange(few[0].shape[1])
    assert len(left_out._used) < len(whole._used)
    losses = left_out.steps(3)
    assert checksum(losses, left_out.weights()) == checksum(whole.steps(3), whole.weights())
    black = Portable(np.zeros_like(few[0]), few[1], start)
    before = black.weights()
    black.steps(2)
    assert np.array_equal(black.weights()["W1"], before["W1"])
    assert not np.array_equal(black.weights()["b1"], before["b1"])


def test_compare_trains_it_and_says_its_checksum(tmp_path: Path) -> None:
    """It is the judge where the numpy lane is not there."""
    folder = tmp_path / "run"
    options = ["--data", "digits", "--hidden", 8, "--epochs", 3, "--lanes", "tf1", "portable"]
    assert run("compare", *options, "--out", folder) == 0
    results = read_json(folder / "results.json")
    with np.load(folder / "portable.npz", allow_pickle=False) as saved:
        weights = {name: saved[name] for name in ("W1", "b1", "W2", "b2")}
    found = checksum(read_csv(folder / "history.csv")["portable"], weights)
    assert results["checksum"] == {"found": found, "recorded": None}
    assert f"checksum is {found}; none is recorded for such a run." in results["verdict"]
    assert "From the arithmetic of the portable lane" in results["verdict"]


@pytest.mark.parametrize(
    ("recorded", "says", "fails"),
    [
        ("a1", "The portable lane has the recorded checksum, a1.", False),
        ("b2", "The portable lane has NOT the recorded checksum, b2, but a1.", True),
        (None, "The portable lane's checksum is a1; none is recorded for such a run.", False),
    ],
)
def test_verdict_says_whether_it_is_the_recorded_one(
    recorded: str | None, says: str, fails: bool
) -> None:
    lane = "portable"
    alone = Comparison(
        config=CompareConfig(lanes=(lane,)),
        device=CPU,
        reference=lane,
        history=History({lane: np.ones(3)}, {lane: 0.1}),
        parity={},
        test_accuracy={lane: 0.5},
        initial_sha256={},
        checksum=Checksum("a1", recorded),
    )
    assert verdict.sentences(alone) == says
    assert alone.fails is fails


def test_what_it_cannot_do_is_an_error() -> None:
    rows = 2**17 + 1
    weights = {"W1": np.ones((1, 1)), "b1": np.zeros(1)}
    with pytest.raises(UserError, match="131,073 terms"):
        Portable(np.ones((rows, 1)), np.ones((rows, 1)), weights, Hyperparameters((1, 1))).step()
    steep = Hyperparameters((1, 1), "mse", "gradient_descent", learning_rate=1e38)
    with pytest.raises(UserError, match="smaller --learning-rate"):
        Portable(np.ones((2, 1)), np.zeros((2, 1)), weights, steep).steps(20)


@pytest.fixture(scope="module")
def dropped() -> dict[str, dict[str, Any]]:
    """Processor -> rule that is dropped -> checksum."""
    processors = {
        "Haswell": kernel("Haswell"),
        "Nehalem": kernel("Nehalem"),
        "baseline": kernel("Haswell") | BASELINE,
    }
    command = ("-m", "tests.lanes.dropped_rules")
    return {name: json.loads(elsewhere(of, *command)) for name, of in processors.items()}


@x86
def test_no_rule_dropped_one_checksum(dropped: dict[str, dict[str, Any]]) -> None:
    assert len({of["none"] for of in dropped.values()}) == 1


@x86
@pytest.mark.parametrize("rule", ["two slices", "sums by a tree", "nothing fused"])
def test_rule_dropped_is_another_checksum_under_another_kernel(
    rule: str, dropped: dict[str, dict[str, Any]]
) -> None:
    assert dropped["Haswell"][rule] != dropped["Nehalem"][rule]


@x86
def test_numpys_exp_is_another_without_its_simd(dropped: dict[str, dict[str, Any]]) -> None:
    from numpy._core._multiarray_umath import __cpu_features__

    if not __cpu_features__.get("AVX512_SKX", __cpu_features__.get("X86_V4")):
        pytest.skip("NumPy has a faster exp for AVX-512 only")
    rule = "exp in a fixed order"
    assert dropped["Haswell"][rule] != dropped["baseline"][rule]
