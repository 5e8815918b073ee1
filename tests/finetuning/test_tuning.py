"""Strategies train what they say and nothing else; the test rows choose nothing; runs are whole."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from keras_models import article
from keras_models.classifiers import stack, strategies
from keras_models.classifiers.strategies import Settings
from tests.conftest import run
from training.data import Digits, Examples
from training.errors import UserError
from training.finetuning import recipe as recipes
from training.finetuning import split, study, tuning
from training.finetuning.recipe import Recipe
from training.finetuning.tuning import Moved, Tuned
from training.machine.files import read_json
from training.model_files import pretrained
from training.reports import finetune_study as report

RECIPE = Recipe(epochs=2, batch_size=32)
KERNELS = {"hidden_layer/kernel", "output_layer/kernel"}
BIASES = {"hidden_layer/bias", "output_layer/bias"}
HEAD = {"output_layer/kernel", "output_layer/bias"}
PARAMETERS = 784 * 128 + 128 + 128 * 10 + 10


@pytest.fixture(scope="module")
def few(digits: Digits) -> tuple[Examples, Examples]:
    return (
        split.rows(digits.train, np.arange(0, 4000, 12)),
        split.rows(digits.train, np.arange(5, 4000, 40)),
    )


def trained(
    few: tuple[Examples, Examples],
    names: Sequence[str],
    recipe: Recipe = RECIPE,
    test: Examples | None = None,
    seed: int = 0,
    validates: bool = True,
    start: keras.Model | None = None,
    **numbers: Any,
) -> tuple[keras.Model, Tuned]:
    model = start or stack.rebuild(article.build("idiomatic", seed=1))
    if not start:
        stack.rescale(model, 1 / 16)
    plan = strategies.plan(model, names, Settings(**numbers))
    checks = few[1] if validates else None
    task = split.Task(few[0], checks, test or few[1], tuple(range(10)))
    return model, tuning.tune(model, plan, recipe, task, seed)


@pytest.mark.parametrize(
    ("scope", "trains", "parameters", "phases"),
    [
        ("full", KERNELS | BIASES, PARAMETERS, 1),
        ("head", HEAD, 128 * 10 + 10, 1),
        pytest.param("probe", KERNELS | BIASES, PARAMETERS, 2, marks=pytest.mark.slow),
        pytest.param("gradual", KERNELS | BIASES, PARAMETERS, 2, marks=pytest.mark.slow),
        ("bitfit", BIASES, 128 + 10, 1),
        (
            "lora",
            {
                f"{path}/lora_kernel_{side}"
                for path in ("hidden_layer", "output_layer")
                for side in "ab"
            },
            8 * (784 + 128) + 8 * (128 + 10),
            1,
        ),
    ],
)
def test_a_scope_trains_what_it_says_and_freezes_the_rest_bit_for_bit(
    few: tuple[Examples, Examples], scope: str, trains: set[str], parameters: int, phases: int
) -> None:
    start = stack.rebuild(article.build("idiomatic", seed=1))
    stack.rescale(start, 1 / 16)
    before = tuning.values(start)
    model, tuned = trained(few, [scope])
    after = tuning.values(model)
    for path in before:
        same = before[path].tobytes() == after[path].tobytes()
        assert same == (path not in trains), path
    assert tuned.trainable_parameters == parameters
    assert len(tuned.frozen) == phases
    assert set(tuned.frozen[-1]) == set(after) - trains
    first = HEAD if phases == 2 else trains
    assert set(tuned.frozen[0]) == set(after) - first
    assert [row["epoch"] for row in tuned.history] == [0, 1, 2]


def test_a_model_not_compiled_anew_is_caught(
    few: tuple[Examples, Examples], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras trains on with what was frozen when it was compiled, without a word."""
    compile_for = recipes.compile_for
    compiled: list[keras.Model] = []

    def once(model: keras.Model, *given: Any) -> None:
        if not compiled:
            compile_for(model, *given)
            compiled.append(model)

    monkeypatch.setattr(recipes, "compile_for", once)
    with pytest.raises((Moved, ValueError, KeyError)):
        trained(few, ["gradual"])


def test_weights_that_move_under_the_hood_are_caught(
    few: tuple[Examples, Examples], monkeypatch: pytest.MonkeyPatch
) -> None:
    def freezes_nothing(model: keras.Model, phase: strategies.Phase) -> list[keras.Variable]:
        return []

    monkeypatch.setattr(strategies, "freeze", freezes_nothing)
    with pytest.raises(Moved, match="was frozen and moved by"):
        trained(few, ["bitfit"])


def test_nothing_that_should_train_may_stay(few: tuple[Examples, Examples]) -> None:
    values = {"a": np.ones(3), "b": np.ones(2)}
    with pytest.raises(Moved, match="a should have trained"):
        tuning.prove(values, values, frozenset({"a"}))
    nan = {"a": np.array([np.nan])}
    tuning.prove_frozen(nan, {"a": np.array([np.nan])}, set())  # bits, not values
    with pytest.raises(Moved):
        tuning.prove_frozen({"a": np.array([0.0])}, {"a": np.array([-0.0])}, set())


@pytest.mark.slow
def test_same_seed_same_bits_and_the_test_rows_choose_nothing(
    few: tuple[Examples, Examples],
) -> None:
    weights = [
        tuning.values(trained(few, ["full"], test=test, seed=seed)[0])
        for test, seed in (
            (few[1], 0),
            (Examples(few[1].x[::-1], few[1].y), 0),  # wrong labels
            (few[1], 1),
        )
    ]
    for path in weights[0]:
        assert weights[0][path].tobytes() == weights[1][path].tobytes()
    assert any(not np.array_equal(weights[0][path], weights[2][path]) for path in weights[0])


def test_brier_score_is_the_squared_distance_and_at_most_two() -> None:
    y = np.eye(3)[[0, 1, 1]]
    even, sure, wrong = [0.0, 0, 0], [0.0, 900, 0], [900.0, 0, 0]
    assert recipes.brier(np.array([even, even, even]), y) == pytest.approx(4 / 9 + 2 / 9)
    assert recipes.brier(np.array([wrong, sure, wrong]), y) == pytest.approx(2 / 3)


@pytest.mark.slow
def test_the_weights_of_the_lowest_brier_score_are_kept(
    few: tuple[Examples, Examples],
) -> None:
    """With a rate that ruins everything, those from before the first epoch; and it stops early."""
    ruin = Recipe(epochs=20, batch_size=32, learning_rate=30.0, patience=0.1)
    good, _ = trained(few, ["full"])
    expected = tuning.values(good)
    model, tuned = trained(few, ["full"], ruin, start=good)
    assert tuned.kept_epoch == 0
    assert len(tuned.history) == 1 + 2
    assert all(np.array_equal(expected[path], a) for path, a in tuning.values(model).items())
    model, tuned = trained(few, ["full"], ruin, validates=False)
    assert tuned.kept_epoch is None
    assert len(tuned.history) == 1 + 20


@pytest.mark.slow
def test_additions_do_what_they_say(few: tuple[Examples, Examples]) -> None:
    def moved(names: Sequence[str], **numbers: Any) -> dict[str, float]:
        model, _ = trained(few, names, validates=False, **numbers)
        start = stack.rebuild(article.build("idiomatic", seed=1))
        stack.rescale(start, 1 / 16)
        before = tuning.values(start)
        after = tuning.values(model)
        return {path: float(np.abs(after[path] - before[path]).mean()) for path in before}

    plain, pulled = moved(["full"]), moved(["l2-sp"], pull=10.0)
    assert all(pulled[path] < 0.5 * plain[path] for path in KERNELS)
    slow = moved(["discriminative"], rate_ratio=100.0)
    assert slow["hidden_layer/kernel"] < 0.05 * plain["hidden_layer/kernel"]
    assert slow["output_layer/kernel"] > 0.5 * plain["output_layer/kernel"]

    model = stack.rebuild(article.build("idiomatic", seed=1))
    before = tuning.values(model)
    strategies.plan(model, ["shrink-perturb"], Settings(shrink=0.5, noise=0.01, seed=4))
    noise = model.layers[1].kernel.numpy() - 0.5 * before["hidden_layer/kernel"]
    assert noise.std() == pytest.approx(0.01, rel=0.01)


def test_discriminative_rates_are_multi_optimizers() -> None:
    model = stack.rebuild(article.build("idiomatic", seed=1))
    plan = strategies.plan(model, ["discriminative"], Settings())
    assert plan.rates == {"hidden_layer": pytest.approx(1 / 2.6), "output_layer": 1.0}
    recipes.compile_for(model, RECIPE, 10, 10, plan.rates)
    assert isinstance(model.optimizer, keras.optimizers.MultiOptimizer)


def test_few_shot_rows_and_validation_rows_are_training_rows_apart(digits: Digits) -> None:
    train, checks = split.validation(digits.train)
    assert (len(train.x), len(checks.x)) == (3667, 333)
    assert not {row.tobytes() for row in train.x} & {row.tobytes() for row in checks.x}
    one = split.few(digits.train, 3, seed=1)
    assert one.y.sum(axis=0).tolist() == [3] * 10
    assert one.x.tobytes() == split.few(digits.train, 3, seed=1).x.tobytes()
    assert one.x.tobytes() != split.few(digits.train, 3, seed=2).x.tobytes()
    with pytest.raises(UserError, match="class 0 has 400 training rows"):
        split.few(digits.train, 401, seed=0)


@pytest.mark.slow
def test_a_run_says_everything_and_its_model_is_the_one_measured(
    article: Path, digits: Digits, tmp_path: Path
) -> None:
    first = tmp_path / "first"
    assert run("finetune", article, "--epochs", 2, "--strategy", "lora", "--out", first) == 0
    facts = read_json(first / "finetune.json")
    assert facts["handoff"]["identical"] is True
    assert facts["handoff"]["predictions_equal"] is True
    assert facts["rescale"]["scale"] == 1 / 16
    assert facts["rows"] == {"train": 3667, "test": 1000, "validation": 333}
    model = keras.saving.load_model(first / "model.keras")
    assert facts["test_accuracy"] == pretrained.accuracy(model, digits.test)
    assert facts["parameters"] == PARAMETERS
    assert model.count_params() == PARAMETERS  # LoRA is merged
    assert facts["history"][0]["test_accuracy"] == facts["source_accuracy"]
    assert {path.name for path in first.iterdir()} == {
        "SHA256SUMS",
        "config.json",
        "environment.json",
        "finetune.json",
        "history.csv",
        "model.keras",
        "report.html",
    }

    # its model goes on: to some of the classes of other data, with a new head, a few rows each
    second = tmp_path / "second"
    asked = ["--data", "digits[0-4]", "--shots", 2, "--epochs", 1, "--strategy", "head"]
    assert run("finetune", first, *asked, "--out", second) == 0
    facts = read_json(second / "finetune.json")
    assert facts["new_head"] is True
    assert facts["classes"] == [0, 1, 2, 3, 4]
    assert facts["handoff"]["of"] == "hidden"
    assert facts["source_accuracy"] is None
    assert facts["rows"] == {"train": 10, "test": 448}
    assert facts["trainable_parameters"] == 128 * 5 + 5
    old, new = (keras.saving.load_model(at / "model.keras") for at in (first, second))
    kernels = [
        m.layers[1].kernel.numpy() * s for m, s in ((old, facts["rescale"]["scale"]), (new, 1))
    ]
    assert kernels[0].tobytes() == kernels[1].tobytes()


def saved(tmp_path: Path, *layers: keras.layers.Layer) -> Path:
    model = keras.Sequential([keras.Input([784]), *layers])
    model.compile("sgd", "mse")
    model.save(tmp_path / "mine.keras")
    return tmp_path / "mine.keras"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--strategy", "head", "lora"], "at most one of"),
        (["--strategy", "full", "full"], "each at most once"),
        (["--rescale", "-1"], "expected auto, none or a number"),
        (["--rescale", "nan"], "expected auto, none or a number"),
        (["--shots", "401"], "class 0 has 400 training rows"),
        (["--shots", "0"], "expected at least 1"),
        (["--data", "mnist_5k[4-0]"], "rising order"),
        (["--lora-alpha", "0"], "above 0"),
        (["--device", "tpu"], "expected auto, cpu"),
    ],
)
def test_bad_options_are_refused_and_nothing_is_written(
    article: Path, tmp_path: Path, capsys: Any, options: list[str], said: str
) -> None:
    assert run("finetune", article, *options, "--out", tmp_path / "run") == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda at: saved(at, keras.layers.Dense(10, "sigmoid")), "expected logits"),
        (lambda at: saved(at, keras.layers.Reshape([28, 28, 1])), "expected one output of classes"),
        (lambda at: at / "nothing.keras", "no such file"),
    ],
)
def test_sources_that_are_no_classifier_are_refused(
    tmp_path: Path, capsys: Any, make: Callable[[Path], Path], said: str
) -> None:
    source = make(tmp_path)
    assert run("finetune", source, "--out", tmp_path / "run") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_study_has_a_row_for_each_training(
    article: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {name: study.STRATEGIES[name] for name in ("scratch", "naive", "head")}
    monkeypatch.setattr(study, "STRATEGIES", few)
    asked = ["--study", "--data", "digits", "--shots", 2, "--epochs", 1, "--seeds", 2]
    assert run("finetune", article, *asked, "--out", tmp_path / "run") == 0
    shown = capsys.readouterr().out
    assert "Best: " in shown
    facts = read_json(tmp_path / "run" / "study.json")
    rows = {row["strategy"]: row for row in facts["rows"]}
    assert list(rows) == ["scratch", "naive", "head"]
    assert rows["head"]["trainable_parameters"] == 128 * 10 + 10
    assert rows["scratch"]["source_accuracy"] is None
    assert 0 < rows["head"]["source_accuracy"] <= 1
    assert rows["naive"]["start_accuracy"] == rows["head"]["start_accuracy"]
    with (tmp_path / "run" / "study.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["strategy"], line["seed"]) for line in lines] == [
        (name, seed) for name in rows for seed in "01"
    ]
    of = [float(line["test_accuracy"]) for line in lines if line["strategy"] == "naive"]
    assert rows["naive"]["test_accuracy"] == pytest.approx(sum(of) / 2)
    assert rows["naive"]["sd"] == pytest.approx(abs(of[0] - of[1]) / 2**0.5)
    assert (tmp_path / "run" / "study.png").stat().st_size > 10000
    assert report.verdict(facts["rows"]).en in (tmp_path / "run" / "report.html").read_text(
        encoding="utf-8"
    )
