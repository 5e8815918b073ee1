"""The script that measures the step on a GPU, tried on the CPU."""

import importlib.util
from pathlib import Path

import pytest

from docs.figures.speed import gpu
from tf1_compat.hyperparameters import LISTING
from training import data
from training.experiments import frameworks
from training.lanes import by_hand
from training.machine.files import read_json
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES


@pytest.mark.frameworks
@pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None for package in ("jax", "torch")),
    reason="no jax or torch: `make frameworks`",
)
def test_steps_for_a_gpu_are_those_by_hand_and_need_no_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tried on the CPU; the processes that it starts find a TensorFlow and a Keras that fail."""
    for package in ("tensorflow", "keras"):
        (tmp_path / f"{package}.py").write_text("raise AssertionError(__name__)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    out, options = tmp_path / "gpu.json", ["--device", "cpu", "--rows", "200", "--lasts", "0.01"]
    gpu.main([str(out), *options, "--frameworks", "jax", "torch"])
    x, y = data.synthetic(200)
    weights = dict(zip(LISTING.names, frameworks.initial(), strict=True))
    right = by_hand.Backpropagation(x, y, weights).steps(gpu.CHECKED)
    (found,), shown = read_json(out)["rows"].values(), capsys.readouterr().out
    allowed = TOLERANCES["other_kernels_first_epochs"].relative
    for name in ("jax", "torch"):
        of = found["frameworks"][name]
        assert relative_distance(of["losses"], right).max() <= allowed
        assert 0 < of["min_s"] <= of["median_s"] <= of["max_s"]
        assert f"| {name} | 200 | {of['median_s'] * 1e3:.3f} |" in shown
