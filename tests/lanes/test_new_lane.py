"""What CONTRIBUTING.md says of a new lane is done, word for word, and the lane trains."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.docs_pages import code_blocks, section
from tests.support.losses import read_csv
from training.machine.files import read_json


@pytest.mark.slow
def test_a_lane_that_is_added_as_written_trains_and_is_drawn(tmp_path: Path) -> None:
    told = section("CONTRIBUTING.md", "Add a lane")
    file, row = code_blocks(told, "python")
    for package in ("tf1_compat", "keras_models", "training"):
        shutil.copytree(ROOT / package, tmp_path / package)
    new = re.search(r"`(training/lanes/\w+\.py)`", told)
    assert new
    (tmp_path / new[1]).write_text(file, encoding="utf-8")
    table = tmp_path / "training" / "options" / "lanes.py"
    before, closing, after = table.read_text(encoding="utf-8").partition("\n}\n")
    table.write_text(f"{before}\n{row}{closing[1:]}{after}", encoding="utf-8")
    command = re.search(r"`tf1keras (compare .*?)`", told)
    assert command
    done = subprocess.run(
        [sys.executable, "-m", "training", *command[1].split(), "--out", "run"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "the half-rate lane drifts by at most" in done.stdout
    losses = read_csv(tmp_path / "run" / "history.csv")
    assert list(losses) == ["tf1", "half-rate"]
    assert losses["half-rate"][-1] > losses["tf1"][-1]
    assert read_json(tmp_path / "run" / "results.json")["lanes"]["half-rate"]["max_ulp"] > 0
    assert "half-rate" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "run" / "losses.png").stat().st_size > 10_000
