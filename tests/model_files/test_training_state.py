"""A run of a varied model is resumed, migrated, predicted with and fine-tuned as what it is."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from keras_models import article
from tests.conftest import ROOT, run
from tests.support.losses import read_csv
from tf1_compat import checkpoint
from tf1_compat.hyperparameters import LISTING, Hyperparameters
from tf1_compat.program import Program
from training.commands import resume
from training.errors import UserError
from training.machine.files import read_json
from training.model_files import training_state
from training.options.resume import ResumeConfig
from training.parity.bits import same_bits

VARIED = (
    *("--hidden", "32", "16", "--cost", "mse", "--optimizer", "gradient_descent"),
    *("--learning-rate", "0.00001", "--l2", "0.01", "--l1", "0.0001"),
)
SEVEN = ROOT / "examples" / "seven.png"


@pytest.fixture(scope="module")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that gives the run folder of `compare` with these options, made once."""
    made: dict[tuple, Path] = {}

    def folder(*options: object) -> Path:
        if options not in made:
            made[options] = tmp_path_factory.mktemp("run") / "run"
            assert run("compare", *options, "--out", made[options]) == 0
        return made[options]

    return folder


@pytest.fixture(scope="module")
def varied_run(make_run: Callable[..., Path]) -> Path:
    return make_run(*VARIED, "--epochs", 12)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["run", "exact.keras"])
def test_a_varied_run_is_resumed_as_it_was_trained(
    what: str,
    make_run: Callable[..., Path],
    varied_run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """12 epochs and 12 more are 24, and nobody has to say again what the model is."""
    source = varied_run if what == "run" else varied_run / what
    capsys.readouterr()
    assert run("resume", source, "--epochs", 12, "--out", tmp_path / "more") == 0
    shown = capsys.readouterr().err
    banner = "784-32-16-10, 25,818 parameters, mse, gradient_descent at 1e-05, l1 0.0001, l2 0.01"
    assert banner in shown
    assert "from step 12 at learning rate " in shown
    whole = read_csv(make_run(*VARIED, "--epochs", 24) / "history.csv")
    more = read_csv(tmp_path / "more" / "history.csv")
    for lane in ("tf1", "exact"):
        assert more[lane].tobytes() == whole[lane][12:].tobytes()
    rows = (tmp_path / "more" / "history.csv").read_text().splitlines()
    assert rows[1].startswith("12,")
    assert read_json(tmp_path / "more" / "config.json")["hidden"] == [32, 16]


def test_what_is_given_is_taken_or_refused_never_ignored(varied_run: Path) -> None:
    """Also where it is what the listing has."""
    _, found = training_state.state(varied_run)
    for options, message in (
        ({"hidden": (128,)}, "--hidden 32 16"),
        ({"hidden": (32, 17)}, "--hidden 32 16"),
        ({"optimizer": "adam"}, "--optimizer gradient_descent"),
    ):
        with pytest.raises(UserError, match=message):
            resume.as_trained(ResumeConfig(source=varied_run, **options), found)
    given = {"cost": "cross_entropy", "l1": 0.0, "learning_rate": 0.001}
    asked = resume.as_trained(ResumeConfig(source=varied_run, **given), found)
    assert (asked.cost, asked.l1, asked.learning_rate, asked.l2) == ("cross_entropy", 0, 1e-3, 0.01)
    assert asked.hyper.widths == (784, 32, 16, 10)


def test_a_bare_checkpoint_trains_on_only_when_somebody_says_how(
    varied_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights alone could be anybody's: by default Adam's slots are missed, by name."""
    shutil.copytree(varied_run / "tf1", tmp_path / "tf1")
    bare = tmp_path / "tf1" / "model.ckpt"
    options = ["--epochs", 2, "--lanes", "tf1", "exact"]
    assert run("resume", bare, *options, "--out", tmp_path / "no") == 2
    assert "missing: Variable/Adam" in capsys.readouterr().err
    asked = ["--optimizer", "gradient_descent", "--learning-rate", 1e-5]
    assert run("resume", bare, *options, *asked, "--out", tmp_path / "run") == 0
    assert "from its weights" in capsys.readouterr().err


def test_slots_of_another_optimizer_are_refused(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--epochs", 1, "--optimizer", "gradient_descent", "--out", tmp_path / "run"]
    assert run("resume", article, *options) == 2
    assert "gradient_descent does not take its Variable/Adam" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_with_dropout_goes_on_and_is_used(
    make_run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dropped = make_run("--dropout", 0.5, "--hidden", 20, 20, "--epochs", 3)
    assert run("resume", dropped, "--epochs", 2, "--out", tmp_path / "a") == 0
    assert read_json(tmp_path / "a" / "config.json")["dropout"] == 0.5
    exact = ["--lanes", "tf1", "exact", "--epochs", 2]
    assert run("resume", dropped, *exact, "--out", tmp_path / "b") == 0
    idiomatic = dropped / "idiomatic.keras"
    assert run("resume", idiomatic, *exact, "--out", tmp_path / "c") == 0
    assert run("predict", idiomatic, SEVEN) == 0
    assert "keras" in capsys.readouterr().out
    tuned = ["--epochs", 1, "--shots", 2, "--out", tmp_path / "tuned"]
    assert run("finetune", idiomatic, *tuned) == 0


@pytest.mark.slow
def test_a_varied_run_migrates_predicts_and_fine_tunes(
    varied_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, back = tmp_path / "a.keras", tmp_path / "b" / "model.ckpt"
    assert run("migrate", varied_run, "--to", there) == 0
    assert run("migrate", there, "--to", back) == 0
    went, came = (checkpoint.read(path) for path in (varied_run / "tf1" / "model.ckpt", back))
    assert same_bits(went, came)
    assert article.hyperparameters(keras.models.load_model(there)).cost == "mse"
    for source in (varied_run, there):
        capsys.readouterr()
        assert run("predict", source, SEVEN) == 0
        shown = capsys.readouterr().out
        assert "bit for bit" in shown
        assert "Trained with mse" in shown
    options = ["--epochs", 1, "--rescale", "none", "--out", tmp_path / "tuned"]
    assert run("finetune", varied_run, *options) == 0
    assert read_json(tmp_path / "tuned" / "finetune.json")["handoff"]


def test_a_map_keeps_what_the_run_says(varied_run: Path, tmp_path: Path) -> None:
    hyper = Hyperparameters((784, 32, 16, 10))
    (tmp_path / "map.json").write_text(json.dumps(article.saved_paths(hyper)))
    options = ["--to", tmp_path / "a.keras", "--map", tmp_path / "map.json"]
    assert run("migrate", varied_run, *options) == 0
    found = article.hyperparameters(keras.models.load_model(tmp_path / "a.keras"))
    assert (found.cost, found.widths, found.l1) == ("mse", hyper.widths, 1e-4)


@pytest.mark.slow
def test_a_fine_tuned_model_still_migrates(
    make_run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has a schedule for a learning rate, and AdamW."""
    plain = make_run("--lanes", "tf1", "exact", "--epochs", 2)
    tuned = ["--epochs", 1, "--shots", 5, "--out", tmp_path / "tuned"]
    assert run("finetune", plain, *tuned) == 0
    for to, more in (("a/model.ckpt", ()), ("b/model.ckpt", ("--weights-only",)), ("c", ())):
        assert run("migrate", tmp_path / "tuned", "--to", tmp_path / to, *more) == 0, to
    capsys.readouterr()
    assert run("resume", tmp_path / "tuned", "--epochs", 1, "--out", tmp_path / "no") == 2
    assert "trained by AdamW" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"penalty": keras.regularizers.L2(0.1)}, "a penalty is L2"),
        ({"penalty": "l2"}, "a penalty is L2"),
        ({"optimizer": keras.optimizers.SGD(0.1, momentum=0.9)}, "trained by SGD"),
        ({"loss": "mse"}, "the loss is"),
        ({"loss": keras.losses.CategoricalCrossentropy()}, "the loss is"),
    ],
)
def test_a_foreign_keras_file_migrates_and_does_not_resume_as_ours(
    change: dict[str, Any],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    layers = [
        keras.layers.Dense(n, activation, kernel_regularizer=change.get("penalty"), name=name)
        for n, activation, name in ((9, "relu", "hidden_layer"), (10, None, "output_layer"))
    ]
    model = keras.Sequential([keras.Input([784]), *layers])
    loss = change.get("loss", keras.losses.CategoricalCrossentropy(from_logits=True))
    model.compile(change.get("optimizer", keras.optimizers.Adam(epsilon=1e-8)), loss)
    model.save(tmp_path / "a.keras")
    to = tmp_path / "b" / "model.ckpt"
    assert run("migrate", tmp_path / "a.keras", "--to", to) == 0
    capsys.readouterr()
    assert run("resume", tmp_path / "a.keras", "--epochs", 1, "--out", tmp_path / "run") == 2
    message = capsys.readouterr().err
    assert said in message
    assert "Traceback" not in message


@pytest.mark.parametrize("options", [{"l1": "abc"}, {"cost": "hinge"}, []])
def test_a_run_whose_options_make_no_sense_is_refused(
    options: Any, varied_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(varied_run, tmp_path / "run")
    config = tmp_path / "run" / "config.json"
    changed = read_json(config) | options if options else options
    config.write_text(json.dumps(changed))
    checkpoint = tmp_path / "run" / "tf1"  # the folder itself is held to its SHA256SUMS
    assert run("resume", checkpoint, "--epochs", 1, "--out", tmp_path / "more") == 2
    message = capsys.readouterr().err
    assert "config.json: not the options of a run" in message
    assert not (tmp_path / "more").exists()


def test_a_file_in_anothers_run_folder_is_what_it_is(varied_run: Path, tmp_path: Path) -> None:
    shutil.copytree(varied_run, tmp_path / "run")
    model = article.build("exact", seed=1, hyper=Hyperparameters((784, 6, 5, 4, 10)))
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "run" / "other.keras")
    _, found = training_state.state(tmp_path / "run" / "other.keras")
    assert found == Hyperparameters((784, 6, 5, 4, 10))


@pytest.mark.parametrize("widths", [(784, 128, 10), (784, 5, 4, 3, 10)])
@pytest.mark.parametrize("optimizer", ["adam", "gradient_descent"])
def test_a_checkpoint_tells_its_widths(widths: Any, optimizer: Any, tmp_path: Path) -> None:
    hyper = Hyperparameters(widths, optimizer=optimizer)
    program = Program(np.zeros([1, 784]), np.zeros([1, 10]), seed=0, hyper=hyper)
    program.save(tmp_path)
    arrays = checkpoint.read(tmp_path / "tf1" / "model.ckpt")
    assert checkpoint.widths(arrays) == widths
    assert checkpoint.widths(arrays | {"Variable_1": np.zeros(99)}) is None
    assert checkpoint.widths({"other/kernel": np.zeros([2, 2])}) is None
    assert training_state.of_checkpoint(tmp_path / "x", {}) == LISTING


@pytest.mark.slow
def test_float64_is_not_rounded_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data", "digits", "--lanes", "tf1", "exact"]
    double = [*options, "--precision", "float64"]
    assert run("compare", *double, "--epochs", 4, "--out", tmp_path / "4") == 0
    assert run("compare", *double, "--epochs", 2, "--out", tmp_path / "a") == 0
    for source in (tmp_path / "a", tmp_path / "a" / "tf1"):
        capsys.readouterr()
        assert run("resume", source, *options, "--epochs", 2, "--out", tmp_path / "b") == 2
        assert "expected --precision float64" in capsys.readouterr().err
    assert run("resume", tmp_path / "a", *double, "--epochs", 2, "--out", tmp_path / "b") == 0
    whole, more = (read_csv(tmp_path / name / "history.csv") for name in ("4", "b"))
    for lane in ("tf1", "exact"):
        assert more[lane].tobytes() == whole[lane][2:].tobytes()
