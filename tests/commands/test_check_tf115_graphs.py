"""What TensorFlow 1.15.5 saved, examples/tf115, against Keras: stock, and exact, bit for bit."""

import pytest

from tests.conftest import ROOT
from tests.slow import few_of
from training.checking.diagnosis import BUDGET, diagnose
from training.checking.judgement import Diagnosis
from training.commands import check
from training.machine import devices
from training.machine.devices import Device
from training.model_files import pair
from training.options.check import CheckConfig

STOCK = {
    "mlp_layers": ("equivalent", {"Adam"}),
    "convnet_layers": ("different", {"initial_ms"}),
    "convnet_bn": ("equivalent", {"fused batch norm", "momentum"}),
    "text_lstm": ("equivalent", {"recurrent cells", "Adam"}),
    "regression_l2": ("equivalent", {"bias_add", "rounding"}),
    "autoencoder": ("equivalent", {"graph optimizers", "rounding"}),
    "two_inputs": ("different", {"Adam on an embedding"}),
    "slim_style": ("equivalent", {"bias of a convolution", "momentum", "rounding"}),
}
"""Verdict, and the causes that it names."""


def diagnosed(name: str) -> Diagnosis:
    config = CheckConfig(pair=ROOT / "examples" / "tf115" / f"{name}.py", steps=2)
    examination = check.examine(
        pair.load(config.pair, config.seed), config, devices.session_config(Device("CPU", 0))
    )
    return diagnose(examination, BUDGET)


@pytest.mark.parametrize("name", few_of(STOCK, "mlp_layers", "convnet_bn", "autoencoder"))
def test_an_exact_rewrite_is_identical(name: str) -> None:
    """Slots, moving averages, dropout's masks and inference included."""
    found = diagnosed(f"{name}_exact")
    assert found.verdict == "identical"
    assert all(rung.ok and not rung.max_ulp for rung in found.rungs)
    rungs = {rung.name for rung in found.rungs}
    assert ("moving averages" in rungs) == (name == "convnet_bn")
    assert ("inference" in rungs) == (name in ("convnet_bn", "convnet_layers", "slim_style"))


LONGEST = ("text_lstm", "convnet_bn", "slim_style")
"""Half a minute together; `make soak` has them."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.soak] * (name in LONGEST)) for name in STOCK],
)
def test_a_stock_rewrite_is_judged_as_it_deserves(name: str) -> None:
    verdict, causes = STOCK[name]
    found = diagnosed(name)
    assert found.verdict == verdict
    assert {cause.cause.partition(":")[0] for cause in found.causes} <= causes
