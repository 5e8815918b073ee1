"""Small files that ask for much: refused in one line, by little memory, and nothing is run."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT, run
from tests.promises.hostile_files import FILES
from training.data import npz
from training.errors import UnusableState, UserError
from training.model_files import variable_map
from training.parity.bits import sha256
from training.runs import chain, state_file

MEGABYTES = 1200
"""Resident; the libraries alone are 820."""

READ = """
import contextlib, io, json, sys
from pathlib import Path
from tests.promises.hostile_files import FILES
from training import cli

picture, folder = sys.argv[1:]
for name, make in FILES.items():
    own = Path(folder) / name
    own.mkdir()
    file = make(own)
    new = own / ("new.ckpt" if file.suffix == ".keras" else "new.keras")
    commands = [["migrate", str(file), "--to", str(new)]]
    if name in ("nan", "nan_keras", "overlap", "set_floatx"):
        commands.append(["predict", str(file), picture])
        commands += [[one, str(file), "--out", str(new)] for one in ("resume", "finetune")]
    for command in commands:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            status = cli.main([*command, "--quiet"])
        print(json.dumps([name, command[0], status, said.getvalue(), new.exists()]), flush=True)
import keras
print(json.dumps(["set", keras.config.floatx(), keras.config.backend()]))
with open("/proc/self/status") as file:  # ru_maxrss would be the parent's, where that is larger
    (kilobytes,) = [int(line.split()[1]) for line in file if line.startswith("VmHWM")]
print(json.dumps(["megabytes", kilobytes >> 10]))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What one process says that reads them all; it may end before the last."""
    picture, folder = ROOT / "examples" / "seven.png", tmp_path_factory.mktemp("hostile")
    command = [sys.executable, "-c", READ, str(picture), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [*found, ["exit", done.returncode, done.stderr[-2000:]]]


@pytest.mark.parametrize("name", FILES)
def test_hostile_file_is_refused_in_one_line(name: str, answers: list[list[Any]]) -> None:
    own = [answer[1:] for answer in answers if answer[0] == name]
    assert own, answers[-1]
    for command, status, said, written in own:
        assert status == 2, (command, said)
        passed_over = name.startswith("text") or name == "dtype_21"  # then other things are missed
        assert len(said.splitlines()) <= (3 if passed_over else 1), (command, said)
        assert f"/{name}/" in said
        assert not written


def test_hostile_files_take_little_memory_and_run_nothing(answers: list[list[Any]]) -> None:
    *_, settings, memory, ended = answers
    assert ended[:2] == ["exit", 0], ended
    assert settings == ["set", "float32", "tensorflow"]
    assert memory[1] <= MEGABYTES


def test_archive_unfolds_to_a_bounded_whole(tmp_path: Path) -> None:
    """No member alone is too large."""
    file = tmp_path / "a.npz"
    np.savez_compressed(file, **{f"x{number}": np.zeros(1 << 22) for number in range(3)})
    with pytest.raises(UserError, match=r"promises 100,663,\d+ bytes, where 67,108,864 may be"):
        npz.read(file, lambda held: ["x0"], "x0")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", b"", zipfile.ZIP_LZMA)
    with pytest.raises(UserError, match="neither stored nor deflated"):
        npz.read(file, lambda held: ["x"], "x")


def test_state_that_is_not_finite_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    """With a checksum that fits; a ReLU hides NaN from the loss."""
    arrays = {"tf1:W": np.full(3, np.nan), "first": np.array(0)}
    run_of = dict.fromkeys((*chain.BEGUN, "weights"), "")
    sealed = json.dumps(chain.sealed(run_of, sha256(arrays)))
    np.savez(tmp_path / "state.npz", **arrays, **{chain.KEY: np.array(sealed)})
    with pytest.raises(UnusableState, match=r"state\.npz: W: 3 of 3 numbers are NaN or infinite"):
        state_file.read(tmp_path / "state.npz", run_of)


@pytest.mark.parametrize("text", ['{"a": "b", "a": "c"}', '{"a": "b", "a:0": "c"}'])
def test_a_map_that_names_a_variable_twice_is_refused(text: str, tmp_path: Path) -> None:
    """JSON takes the last in silence."""
    (tmp_path / "map.json").write_text(text)
    with pytest.raises(UserError, match="a is in it twice"):
        variable_map.read(tmp_path / "map.json")


def test_logits_that_are_not_finite_are_no_prediction(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of finite weights."""
    from tf1_compat import checkpoint

    arrays = checkpoint.read(article)
    arrays |= {name: arrays[name] * np.float32(1e37) for name in ("Variable", "Variable_2")}
    checkpoint.write(tmp_path / "model.ckpt", arrays)
    assert run("predict", tmp_path / "model.ckpt", ROOT / "examples" / "seven.png") == 2
    assert "not all finite numbers" in capsys.readouterr().err
