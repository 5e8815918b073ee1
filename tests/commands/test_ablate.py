"""`tf1keras ablate`: every cause of drift is measured, alone and together, and judged by a rule."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_models import article
from keras_models.drift_causes import (
    CAUSES,
    Float64ComplementAdam,
    PowAdam,
    Variant,
    VariantTrainee,
)
from tests.support.losses import read_csv
from training.commands import ablate
from training.data import Digits, Examples
from training.experiments import drift
from training.experiments.effects import classify, describe
from training.lanes import loop
from training.lanes.build import build
from training.lanes.history import History
from training.machine.devices import Device
from training.machine.files import read_json
from training.options.ablate import AblateConfig, Cause
from training.parity.distance import relative_distance
from training.parity.tolerances import ROUNDING_SHRINKS_TO, TOLERANCES
from training.runs import chain

EPOCHS = 10
KINDS = {
    "epsilon": "semantics",
    "one_minus_beta": "semantics",
    "beta_powers": "semantics",
    "adam_unfused": "none",
    "bias_add": "rounding",
    "probabilities": "semantics",
    "jit_compile": "rounding",
    "onednn_off": "rounding",
    "float64": "rounding",
    "glorot": "semantics",
    "mini_batches": "semantics",
    "late_loss": "semantics",
    "all": "semantics",
}


@pytest.fixture(scope="module")
def few(digits: Digits) -> Examples:
    return Examples(digits.train.x[::8], digits.train.y[::8])


@pytest.fixture(scope="module")
def histories(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, History]:
    """Every cause for EPOCHS epochs in both precisions; of fewer rows, bias_add sums alike."""
    folder = tmp_path_factory.mktemp("ablate")
    chain.begin(folder, {}, digits.sha256)
    return drift.train(AblateConfig(epochs=EPOCHS), digits.train, folder)


@pytest.fixture(scope="module")
def effects(histories: Mapping[str, History]) -> dict[str, Any]:
    return describe(histories)["causes"]


def test_with_no_cause_the_distance_is_exactly_0_in_both_precisions(
    few: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CAUSES, "epsilon", Variant())
    chain.begin(tmp_path, {}, "of a few")
    found = drift.train(AblateConfig(epochs=EPOCHS, causes=("epsilon",)), few, tmp_path)
    effect = describe(found)["causes"]["epsilon"]
    assert set(effect["max_rel"].values()) == set(effect["max_ulp"].values()) == {0}
    assert effect["float64"] == 0
    assert effect["kind"] == "none"
    for precision, history in found.items():
        assert {losses.dtype.name for losses in history.losses.values()} == {precision}
        assert history.epochs == EPOCHS + 1


@pytest.mark.slow
def test_every_cause_moves_the_loss_but_the_unfused_update(effects: dict[str, Any]) -> None:
    """An unfused Adam was held to be a cause: its separate ops round as the fused kernel does."""
    for cause, effect in effects.items():
        assert (effect["max_rel"][f"{EPOCHS}"] > 0) == (cause != "adam_unfused"), cause
        assert (effect["max_ulp"][f"{EPOCHS}"] > 0) == (cause != "adam_unfused"), cause


@pytest.mark.slow
def test_kinds_are_those_that_were_found(effects: dict[str, Any]) -> None:
    assert {cause: effect["kind"] for cause, effect in effects.items()} == KINDS


@pytest.mark.slow
def test_semantics_is_in_float64_what_it_is_in_float32(effects: dict[str, Any]) -> None:
    for cause, kind in KINDS.items():
        if kind == "semantics":
            single, double = effects[cause]["max_rel"][f"{EPOCHS}"], effects[cause]["float64"]
            assert 0.5 < double / single < 2, cause
    assert effects["epsilon"]["float64"] > effects["one_minus_beta"]["float64"] > 1e-7


@pytest.mark.slow
def test_rounding_all_but_vanishes_in_float64(effects: dict[str, Any]) -> None:
    for cause, kind in KINDS.items():
        if kind == "rounding":
            first, double = effects[cause]["max_rel"]["1"], effects[cause]["float64"]
            assert double < TOLERANCES["rounding_in_float64"].relative, cause
            assert first < TOLERANCES["other_kernels_first_epochs"].relative


@pytest.mark.slow
def test_distance_never_shrinks_with_more_epochs(effects: dict[str, Any]) -> None:
    for effect in effects.values():
        assert list(effect["max_rel"]) == list(effect["max_ulp"]) == ["1", f"{EPOCHS}"]
        assert list(effect["max_rel"].values()) == sorted(effect["max_rel"].values())
        assert list(effect["max_ulp"].values()) == sorted(effect["max_ulp"].values())


def test_classification_rule_has_two_sides() -> None:
    zero, seen = np.zeros(3), np.array([0, 1e-7, 3e-6])
    assert classify(zero, zero) == "none"
    assert classify(seen, zero) == "rounding"
    assert classify(seen, seen * ROUNDING_SHRINKS_TO * 0.99) == "rounding"
    assert classify(seen, seen * ROUNDING_SHRINKS_TO * 1.01) == "semantics"
    assert classify(seen, seen) == "semantics"
    # What float32 cannot see is nothing to compare with: then its epsilon is.
    unseen = np.finfo(np.float32).eps * ROUNDING_SHRINKS_TO
    assert classify(zero, zero + unseen * 0.99) == "none"
    assert classify(zero, zero + unseen * 1.01) == "semantics"
    # Only epochs that were run in both precisions count, for chaos grows in one of them alone.
    assert classify(np.array([0, 1e-6, 1.0]), np.array([0, 1e-9])) == "semantics"


@pytest.mark.slow
def test_late_loss_is_tensorflow_1s_loss_one_epoch_on(histories: Mapping[str, History]) -> None:
    losses = histories["float32"].losses
    assert losses["late_loss"][:-1].tobytes() == losses["tf1"][1:].tobytes()


class BothAdam(Float64ComplementAdam, PowAdam):
    """1 - beta in float64 and beta^t by pow."""


def test_keras_adam_is_two_of_the_causes_and_nothing_else(few: Examples) -> None:
    """So the table's rows explain all that stock Adam does, once its epsilon is TensorFlow 1's."""
    both = trained(few, Variant(article.Pieces(adam=BothAdam)))
    stock = trained(few, Variant(article.Pieces(adam=keras.optimizers.Adam)))
    assert both.tobytes() == stock.tobytes()
    for alone in ("one_minus_beta", "beta_powers"):
        assert both.tobytes() != trained(few, CAUSES[alone]).tobytes()


def trained(examples: Examples, variant: Variant) -> np.ndarray:
    """Return the losses of EPOCHS epochs."""
    return loop.train([trainee(examples, variant)], EPOCHS, lambda epoch, losses: None).losses["x"]


def trainee(examples: Examples, variant: Variant) -> VariantTrainee:
    (program,) = build(["tf1"], examples, 1234, Device("CPU", 0))
    x, y = (tf.constant(array, variant.dtype) for array in examples)
    return VariantTrainee("x", variant, x, y, program.weights(), seed=1234)


def test_keras_finds_the_logits_of_a_softmax_that_comes_last(
    few: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing is clipped, and the page says so: bits are those of the logits."""
    monkeypatch.setattr(keras.layers, "Reshape", lambda shape, name: lambda tensor: tensor)
    rescued = trained(few, CAUSES["probabilities"])
    assert rescued.tobytes() == trained(few, Variant()).tobytes()


@pytest.mark.parametrize("rows", [256, 300])
def test_mini_batches_visit_every_row_once_an_epoch(rows: int, few: Examples) -> None:
    some = Examples(few.x[:rows], few.y[:rows])
    made = trainee(some, CAUSES["mini_batches"])
    orders = []
    for _ in range(3):
        made.step()
        orders.append(made._order.numpy().tolist())
    assert made.model.optimizer.iterations.numpy() == 3 * math.ceil(rows / 128)
    assert all(sorted(order) == list(range(rows)) for order in orders)
    assert orders[0] != orders[1] != orders[2]


def test_mini_batches_train_on_the_rows_of_their_order(few: Examples) -> None:
    """Against Keras' own `train_on_batch`; 300 rows leave a smaller batch at the end."""
    some = Examples(few.x[:300], few.y[:300])
    made = trainee(some, CAUSES["mini_batches"])
    model = article.assemble(CAUSES["mini_batches"].pieces)
    model.set_weights(list(made.weights().values()))
    made.step()
    order = made._order.numpy()
    for rows in (order[:128], order[128:256], order[256:]):
        model.train_on_batch(some.x[rows], some.y[rows])
    for trained, expected in zip(made.weights().values(), model.get_weights(), strict=True):
        assert trained.tobytes() == expected.tobytes()


def test_all_together_holds_every_cause_but_float64() -> None:
    together, exact = flat(CAUSES["all"]), flat(Variant())
    for cause, variant in CAUSES.items():
        for field, value in flat(variant).items():
            if value == exact[field]:
                continue
            stock = field == "adam" and together[field] is keras.optimizers.Adam
            assert together[field] == value or stock or cause == "float64", (cause, field)


def flat(variant: Variant) -> dict[str, object]:
    fields = variant._asdict()
    return fields.pop("pieces")._asdict() | fields


def test_command_line_knows_every_cause() -> None:
    assert list(CAUSES) == list(get_args(Cause)) == list(AblateConfig().causes)


@pytest.mark.slow
def test_run_folder_and_screen_say_what_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    assert ablate.run(AblateConfig(epochs=3, out=folder, causes=("bias_add", "late_loss"))) == 0
    assert {path.name for path in folder.iterdir()} == {
        "SHA256SUMS",
        "ablation.csv",
        "ablation.json",
        "ablation.png",
        "report.html",
        "config.json",
        "environment.json",
        "history.csv",
        "history_float64.csv",
    }
    losses = read_csv(folder / "history.csv")
    assert list(losses) == ["tf1", "bias_add", "late_loss"]
    assert len(losses["tf1"]) == 4
    results = read_json(folder / "ablation.json")
    assert results["epochs"] == 3
    row = results["causes"]["late_loss"]
    distance = relative_distance(losses["late_loss"], losses["tf1"])
    assert row["max_rel"] == {"1": distance[:2].max(), "3": distance.max()}
    with (folder / "ablation.csv").open() as file:
        table = {line["cause"]: line for line in csv.DictReader(file)}
    assert float(table["late_loss"]["rel_3"]) == distance.max()
    assert int(table["late_loss"]["ulp_3"]) == row["max_ulp"]["3"]
    assert table["late_loss"]["kind"] == row["kind"] == "semantics"
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines[:-2]) <= 80
    assert lines[-2:] == [f"Results: {folder}", f"Report: {folder / 'report.html'}"]
    assert lines[3].split() == ["late_loss", *[f"{row['max_rel'][n]:.1e}" for n in "13"],
        f"{row['float64']:.1e}", "semantics"]  # fmt: skip
