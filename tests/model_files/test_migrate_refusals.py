"""What `tf1keras migrate` and `resume` refuse: by name, with nothing written."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_models
from tests.conftest import ROOT, run
from tf1_compat import checkpoint

PAIR = ROOT / "tests" / "support" / "pair_of_rule.py"


def without(article: Path, to: Path, *names: str, **more: np.ndarray) -> Path:
    arrays = {name: a for name, a in checkpoint.read(article).items() if name not in names}
    checkpoint.write(to, arrays | more)
    return to


def test_unusable_sources_are_refused_and_nothing_is_written(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Corrupt, truncated, foreign, half missing: one message, exit 2, no file left behind."""
    content = article.with_name("model.ckpt.data-00000-of-00001").read_bytes()
    for name, changed in (
        ("cut", content[:-9]),
        ("bit", content[:99] + bytes([content[99] ^ 4]) + content[100:]),
    ):
        shutil.copytree(article.parent, tmp_path / name)
        (tmp_path / name / "model.ckpt.data-00000-of-00001").write_bytes(changed)
    shutil.copytree(article.parent, tmp_path / "lost")
    (tmp_path / "lost" / "model.ckpt.data-00000-of-00001").unlink()
    (tmp_path / "text.keras").write_text("no archive")
    (tmp_path / "text.pb").write_text("no graph")
    (tmp_path / "text.index").write_text("no index")
    (tmp_path / "empty").mkdir()
    without(article, tmp_path / "half" / "model.ckpt", "Variable_2/Adam_1", "beta1_power")
    without(article, tmp_path / "more" / "model.ckpt", extra=np.ones(3, np.float32))
    without(article, tmp_path / "other" / "model.ckpt", "Variable_3", Variable_3=np.ones(7))
    tf.train.Checkpoint(v=tf.Variable(1.0)).write(str(tmp_path / "tf2"))
    out = tmp_path / "out"
    for name, expected in {
        "cut": "not a readable checkpoint",
        "bit": "not a readable checkpoint",
        "lost": "not a readable checkpoint",
        "text.keras": "Keras cannot load this model",
        "text.pb": "frozen graph",
        "text.index": "not a readable checkpoint",
        "empty": "no checkpoint and no SavedModel in it",
        "none": "no such file or folder",
        "half": "missing: Variable_2/Adam_1, beta1_power",
        "more": "nothing takes the checkpoint's extra",
        "other": "Variable_3",
        "tf2": "an object-based checkpoint",
    }.items():
        for to in ("new/model.keras", "new")[name == "text.keras" :]:
            assert run("migrate", tmp_path / name, "--to", out / to) == 2, name
            message = capsys.readouterr().err
            assert expected in message, message
            assert message.count("\n") <= 4
            assert "Traceback" not in message
            assert not out.exists() or not any(path.is_file() for path in out.rglob("*")), name


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("there.keras", "exists already"),
        ("there/model.ckpt", "exists already"),
        ("there", "exists already"),
        ("model.h5", "expected a name that ends in .keras"),
        ("new/model.ckpt", "nothing to migrate"),
    ],
)
def test_unusable_targets_are_refused(
    article: Path, tmp_path: Path, to: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there.keras").write_text("mine")
    shutil.copytree(article.parent, tmp_path / "there")
    before = sorted(tmp_path.rglob("*"))
    assert run("migrate", article, "--to", tmp_path / to) == 2
    assert expected in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.keras").read_text() == "mine"


def test_wrong_optimizer_is_refused_by_name(
    rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RULE", "Adam")
    source_ = rules / "Momentum" / "model.ckpt"
    assert run("migrate", source_, "--to", tmp_path / "a.keras", "--pair", PAIR) == 2
    message = capsys.readouterr().err
    assert "nothing takes the checkpoint's net/bias/Momentum" in message
    assert "it lacks beta1_power, beta2_power, net/bias/Adam" in message


def test_model_trained_otherwise_cannot_resume_as_the_article(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = keras_models.article.build("idiomatic", seed=1)
    model.compile(keras.optimizers.Adam(0.01), keras.losses.CategoricalCrossentropy(True))
    model.save(tmp_path / "a.keras")
    assert run("resume", tmp_path / "a.keras", "--epochs", 1, "--out", tmp_path / "run") == 2
    assert "expected the article's Adam" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_damaged_keras_files_are_refused(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cut short or one bit turned in the weights: refused by migrate and resume alike."""
    assert run("migrate", article, "--to", tmp_path / "a.keras") == 0
    content = (tmp_path / "a.keras").read_bytes()
    turned = bytearray(content)
    turned[len(content) // 2] ^= 8
    for name, damaged in (("cut", content[: len(content) // 2]), ("bit", turned), ("none", b"")):
        file = tmp_path / f"{name}.keras"
        file.write_bytes(damaged)
        capsys.readouterr()
        for command in (
            ["migrate", file, "--to", tmp_path / "new" / "model.ckpt"],
            ["resume", file, "--epochs", 1, "--out", tmp_path / "run"],
        ):
            assert run(*command) == 2
            assert str(file) in capsys.readouterr().err
        assert not (tmp_path / "new").exists()
        assert not (tmp_path / "run").exists()


def test_what_the_map_leaves_out_is_listed_on_either_side(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = dict(list(keras_models.article.saved_paths().items())[:3])
    (tmp_path / "map.json").write_text(json.dumps(short))
    command = ["--to", tmp_path / "a.keras", "--map", tmp_path / "map.json"]
    assert run("migrate", article, *command) == 2
    assert "Variable_3: in it or in " in capsys.readouterr().err
    bare = without(article, tmp_path / "bare" / "model.ckpt")
    assert run("migrate", bare, *command) == 2
    assert "nothing takes the checkpoint's Variable_3, Variable_3/Adam" in capsys.readouterr().err
    fewer = without(
        article,
        tmp_path / "few" / "model.ckpt",
        *(f"Variable_3{s}" for s in ("", "/Adam", "/Adam_1")),
    )
    assert run("migrate", fewer, *command) == 2
    assert "nothing for the model's output_layer/bias" in capsys.readouterr().err
    assert not (tmp_path / "a.keras").exists()


@pytest.mark.parametrize("lane", ["exact", "idiomatic"])
def test_another_beta_than_the_models_is_refused(
    lane: str, article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkpoint holds no betas, but their powers: 0.5^13 is not 0.9^13."""
    arrays = checkpoint.read(article) | {"beta1_power": np.float32(0.5**13)}
    checkpoint.write(tmp_path / "other" / "model.ckpt", arrays)
    to = tmp_path / "model.keras"
    assert run("migrate", tmp_path / "other", "--to", to, "--lane", lane) == 2
    assert "trained with another beta" in capsys.readouterr().err
    assert not to.exists()
