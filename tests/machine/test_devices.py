"""Both sides run where they are told to, read back from the executed graph."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.conftest import python
from training.errors import UserError
from training.machine import devices
from training.machine.devices import Device

TWO_CPUS = """
import json, sys
from training.machine import devices, startup
startup.import_tensorflow()
import tensorflow as tf
cpu, = tf.config.list_physical_devices("CPU")
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from training import data
from training.lanes import loop
from training.lanes.build import build
device = devices.choose(sys.argv[1])
trainees = build(["tf1", "exact", "idiomatic"], data.load("mnist_5k").train, 1234, device)
history = loop.train(trainees, 5, lambda epoch, losses: None)
for trainee in trainees:
    devices.check(trainee.name, trainee.placement, device)
print(json.dumps({
    "placement": {trainee.name: trainee.placement for trainee in trainees},
    "losses": {lane: losses.tolist() for lane, losses in history.losses.items()},
}))
"""


@pytest.mark.slow
def test_both_sides_run_on_the_logical_device_asked_for() -> None:
    requests = ("cpu", "cpu:1")
    with ThreadPoolExecutor() as pool:
        printed = pool.map(partial(python, TWO_CPUS), requests)
        runs = {request: json.loads(text) for request, text in zip(requests, printed, strict=True)}
    for request, index in (("cpu", 0), ("cpu:1", 1)):
        for lane, placement in runs[request]["placement"].items():
            where = {device for device, ops in placement.items() if "MatMul" in str(ops)}
            assert where == {f"/job:localhost/replica:0/task:0/device:CPU:{index}"}, lane
    assert runs["cpu"]["losses"] == runs["cpu:1"]["losses"]
    assert runs["cpu"]["losses"]["tf1"] == runs["cpu"]["losses"]["exact"]


def test_auto_takes_the_cpu_where_there_is_no_gpu() -> None:
    assert devices.choose("auto") == devices.choose("cpu") == Device("CPU", 0)


@pytest.mark.parametrize("request_", ["gpu", "gpu:1"])
def test_missing_gpu_is_an_error_that_names_the_extra(request_: str) -> None:
    with pytest.raises(UserError, match=r"'\.\[gpu\]' in a clone") as refused:
        devices.choose(request_)
    assert request_ in str(refused.value)


def test_missing_logical_cpu_is_an_error() -> None:
    with pytest.raises(UserError, match="1 CPU device"):
        devices.choose("cpu:7")


def test_work_on_another_device_than_asked_for_is_an_error() -> None:
    cpu, gpu = (f"/job:localhost/replica:0/task:0/device:{kind}:0" for kind in ("CPU", "GPU"))
    asked = Device("GPU", 0)
    devices.check("tf1", {cpu: {"_Arg": 2}, gpu: {"MatMul": 5}}, asked)
    for elsewhere in ({cpu: {"MatMul": 5}}, {cpu: {"_FusedMatMul": 1}, gpu: {"MatMul": 4}}, {}):
        with pytest.raises(UserError, match="asked to run on /GPU:0"):
            devices.check("tf1", elsewhere, asked)
    assert devices.describe({cpu: {"_Arg": 2}, gpu: {"MatMul": 5, "Relu": 1}}) == (
        "2 ops on /CPU:0, 6 ops on /GPU:0 (5 matrix products)"
    )
