"""Rows shared out to replicas and workers: the same losses, whoever computes which rows."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from keras_models.trainees.distributed import rows_of
from tests.conftest import ROOT, python, run, tf1keras
from tests.support.losses import read_csv
from tests.support.states import held
from training.errors import UserError
from training.machine import cluster
from training.machine.devices import Device
from training.machine.files import read_json
from training.options.compare import CompareConfig
from training.parity.distance import relative_distance

CPU = Device("CPU", 0)
OPTIONS = ["compare", "--data", "digits", "--epochs", "40"]

REPLICAS = """
import json, sys
from training.machine import devices, startup
startup.import_tensorflow()
import numpy as np
from tf1_compat.hyperparameters import Hyperparameters
from training import data
from training.data import Examples
from training.lanes import loop
from training.lanes.build import Manner, build
replicas, rows = int(sys.argv[1]), int(sys.argv[2])
train = Examples(*(array[:rows] for array in data.load("mnist_5k").train))
device = devices.choose("cpu:1" if replicas == 2 else "cpu", replicas)
strategy = devices.mirrored(device, replicas)
for hyper in (Hyperparameters(), Hyperparameters(cost="mse", l1=1e-3, l2=1e-2)):
    one = build(["tf1", "exact", "idiomatic"], train, 5, device, hyper)
    many = build(["exact", "idiomatic"], train, 5, device, hyper, Manner(strategy=strategy))
    apart = [loop.train(of, 40, lambda *_: None, timed=40).losses for of in (one, many)]
    for trainee in many:
        devices.check(trainee.name, trainee.placement, *devices.from_on(device, replicas))
        trainee.weights()  # which looks at every replica's
    for lane in ("exact", "idiomatic"):
        print(np.abs(apart[1][lane].astype(float) / apart[0][lane] - 1).max())
"""


def test_every_row_is_one_replicas() -> None:
    for rows in (1, 7, 4000, 4001):
        for replicas in (1, 2, 3, 7):
            own = [range(rows)[rows_of(n, replicas, rows)] for n in range(replicas)]
            assert [row for of in own for row in of] == list(range(rows))
            assert max(map(len, own)) - min(map(len, own)) <= 1


@pytest.mark.slow
@pytest.mark.parametrize(("replicas", "rows"), [(3, 1000), (2, 999)])
def test_replicas_of_one_machine_have_the_losses_of_one_device(replicas: int, rows: int) -> None:
    """Also where they have unequal numbers of rows, which Keras' own `fit` gets wrong."""
    distances = [float(line) for line in python(REPLICAS, str(replicas), str(rows)).split()]
    assert len(distances) == 4
    assert max(distances) <= 1e-6


def launched(folder: Path, workers: int, *options: object) -> None:
    done = tf1keras("launch", "--workers", str(workers), "--", *map(str, options), cwd=folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of two workers that nobody disturbs."""
    folder = tmp_path_factory.mktemp("two")
    launched(folder, 2, *OPTIONS, "--out", "run")
    return folder / "run"


@pytest.mark.slow
def test_workers_have_the_losses_of_one_process(of_two: Path, tmp_path: Path) -> None:
    """899 rows, which neither 2 nor 3 divides; each worker checks that its weights are all's."""
    assert run(*OPTIONS, "--out", tmp_path / "1") == 0
    alone = read_csv(tmp_path / "1" / "history.csv")
    launched(tmp_path, 3, *OPTIONS, "--out", "3")
    for workers, folder in ((2, of_two), (3, tmp_path / "3")):
        shared = read_csv(folder / "history.csv")
        assert shared["tf1"].tobytes() == alone["tf1"].tobytes()
        for lane in ("exact", "idiomatic"):
            assert relative_distance(shared[lane], alone[lane]).max() <= 1e-6
        results = read_json(folder / "results.json")
        assert results["workers"] == workers
        assert f"on {workers} workers, whose weights are identical" in results["verdict"]


Workers = list["subprocess.Popen[str]"]


def listening() -> tuple[socket.socket, str]:
    one = socket.create_server(("127.0.0.1", 0))
    return one, f"127.0.0.1:{one.getsockname()[1]}"


def free(count: int) -> list[str]:
    """Addresses that nobody listens on."""
    found = [listening() for _ in range(count)]
    for one, _ in found:
        one.close()
    return [address for _, address in found]


def start(folder: Path, count: int, *command: str, **own: list[str]) -> Workers:
    """Start `count` workers of one cluster; `own`, such as worker1=[...], is more options."""
    addresses = free(count)
    found = []
    for index in range(count):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = os.environ | {"TF_CONFIG": json.dumps(task), "TF1KERAS_JOIN_SECONDS": "60"}
        more = own.get(f"worker{index}", [])
        found.append(
            subprocess.Popen(
                [sys.executable, "-m", "training", *command, "--cluster", "tf_config", *more],
                cwd=folder,
                env=environment | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return found


@pytest.fixture
def long_run(tmp_path: Path) -> Iterator[Workers]:
    """Three workers in the middle of a training."""
    command = ("compare", "--data", "digits", "--epochs", "100000", "--out", "run")
    workers = start(tmp_path, 3, *command)
    chief = workers[0]
    assert chief.stderr
    for line in chief.stderr:
        if "executed idiomatic" in line:
            break
    time.sleep(1)
    yield workers
    for worker in workers:
        worker.kill()


@pytest.mark.slow
@pytest.mark.parametrize("victim", [1, 0])
def test_others_stop_and_name_the_worker_that_was_killed(
    victim: int, long_run: Workers, tmp_path: Path
) -> None:
    long_run[victim].send_signal(signal.SIGKILL)
    killed = time.monotonic()
    said = {n: long_run[n].communicate(timeout=30)[1] for n in range(3) if n != victim}
    assert time.monotonic() - killed < 30
    for number, text in said.items():
        assert long_run[number].returncode == 2
        assert f"worker {victim} (127.0.0.1:" in text, text
        assert "is gone" in text
        assert "Traceback" not in text
    saved = tmp_path / "run.unfinished" / "state.npz"
    if victim == 0:  # who alone writes; nothing was due to be saved, or it is there
        return
    last = int(re.search(r"up to epoch (\d+)", said[0])[1])  # type: ignore[index]
    with np.load(saved) as state:
        assert len(state["losses:tf1"]) == len(state["losses:exact"]) == last + 1 > 10


@pytest.mark.slow
@pytest.mark.parametrize("index", [0, 1])
def test_a_worker_stays_until_the_others_have_left(index: int) -> None:
    """Another may notice much later; then the ports of two would be closed."""
    (other, at_other), (own, at_own), (at_gone,) = listening(), listening(), free(1)
    addresses = (at_own, at_other) if index == 0 else (at_other, at_own)
    staying = cluster.Cluster((*addresses, at_gone), index, strategy=None)  # type: ignore[arg-type]
    with own, ThreadPoolExecutor() as pool:
        with other:
            said = pool.submit(staying._gone, "Connection reset by /task:0")
            time.sleep(4 * cluster.PROBE_SECONDS)
            assert not said.done()
        assert said.result(timeout=5) == f"worker 2 ({at_gone})"


def test_no_worker_is_blamed_that_may_have_left_after_another() -> None:
    """Of two closed ports TensorFlow names the neighbour's, not the one that closed first."""
    addresses = free(3)
    first = cluster.Cluster(tuple(addresses), 0, strategy=None)  # type: ignore[arg-type]
    said = first._gone("Connection reset by /task:2")
    assert said == f"one of the workers 1 ({addresses[1]}), 2 ({addresses[2]})"


@pytest.mark.slow
def test_workers_resume_bit_for_bit(of_two: Path, tmp_path: Path) -> None:
    """Two workers, one killed in the middle: resumed, all is as of two that nobody disturbed."""
    workers = start(tmp_path, 2, *OPTIONS, "--save-every", "10", "--out", "run")
    deadline = time.monotonic() + 60
    while not (tmp_path / "run.unfinished" / "state.npz").is_file():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workers[1].kill()
    assert workers[0].wait(30) == 2
    launched(tmp_path, 2, "resume", "run")
    ours, theirs = (
        ((folder / "history.csv").read_bytes(), held(folder))
        for folder in (tmp_path / "run", of_two)
    )
    assert ours == theirs


@pytest.mark.slow
def test_workers_with_other_options_are_refused(tmp_path: Path) -> None:
    own = {"worker1": ["--learning-rate", "0.01"]}
    workers = start(tmp_path, 2, "compare", "--epochs", "5", "--out", "run", **own)
    for worker in workers:
        _, said = worker.communicate(timeout=60)
        assert worker.returncode == 2
        assert "worker 1" in said
        assert "other options than worker 0" in said
    assert not any(tmp_path.iterdir())


def test_a_worker_that_never_comes_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = ("127.0.0.1:1", "127.0.0.1:2")
    code = f"""
import time
from training.machine import cluster
if __name__ == "__main__":
    with cluster._waiting({addresses!r}, 0):
        time.sleep(60)
"""
    (tmp_path / "wait.py").write_text(code)
    done = subprocess.run(
        [sys.executable, tmp_path / "wait.py"],
        env=os.environ | {"TF1KERAS_JOIN_SECONDS": "0.5", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert "worker 1 (127.0.0.1:2) did not come within 0.5 s" in done.stderr


def test_slurm_says_who_the_workers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """By TensorFlow's own resolver; on nodes without a GPU it would divide by none."""
    for name, value in {
        "SLURM_PROCID": "2",
        "SLURM_STEP_NUM_TASKS": "3",
        "SLURM_STEP_NODELIST": "node[01-02]",
        "SLURM_STEP_TASKS_PER_NODE": "2,1",
    }.items():
        monkeypatch.setenv(name, value)
    resolver, addresses, index = cluster._resolve("slurm", "", CPU)
    assert addresses == ("node01:8888", "node01:8889", "node02:8888")
    assert index == resolver.task_id == 2


def test_kubernetes_says_who_the_workers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the cluster's API would answer is made up here: there is none to ask."""
    pods = [
        SimpleNamespace(
            metadata=SimpleNamespace(name=f"mlp-{n}"),
            status=SimpleNamespace(phase="Running", host_ip=f"10.0.0.{n}"),
        )
        for n in (2, 1)
    ]
    asked = []

    def pods_with(label_selector: str) -> SimpleNamespace:
        asked.append(label_selector)
        return SimpleNamespace(items=pods)

    client = SimpleNamespace(list_pod_for_all_namespaces=pods_with)
    monkeypatch.setattr(cluster, "_kubernetes_client", lambda: client)
    monkeypatch.setenv("HOST_IP", "10.0.0.2")
    _, addresses, index = cluster._resolve("kubernetes", "job-name=mlp", CPU)
    assert (addresses, index) == (("10.0.0.1:8470", "10.0.0.2:8470"), 1)
    assert set(asked) == {"job-name=mlp"}


@pytest.mark.parametrize("request_", ["tf_config", "slurm", "kubernetes:job-name=mlp"])
def test_an_environment_that_says_nothing_is_refused(
    request_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*os.environ]:
        if name == "TF_CONFIG" or name.startswith("SLURM"):
            monkeypatch.delenv(name)
    with pytest.raises(UserError, match=rf"--cluster {request_}: .*expected"):
        cluster.join(request_, CPU)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cluster": "nomad"}, "expected none, tf_config"),
        ({"cluster": "kubernetes"}, "kubernetes:LABEL"),
        ({"cluster": "slurm", "replicas": 2}, "only one of them"),
        ({"micro_batch": 5, "replicas": 2}, "--micro-batch and --replicas"),
        ({"cluster": "slurm", "lanes": ("tf1", "numpy")}, "add one of"),
        ({"cluster": "slurm", "stop_below": 1.0}, "--stop-below"),
        ({"replicas": 0}, "--replicas 0"),
        ({"precision": "float64", "lanes": ("keras-jax",)}, "not for keras-jax"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        CompareConfig(**options)


@pytest.mark.slow
def test_launch_ends_with_its_workers_exit_status(tmp_path: Path) -> None:
    done = tf1keras("launch", "--workers", "2", "--", "compare", "--data", "no", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown data set 'no'" in done.stderr
    assert "worker 1: tf1keras: " in done.stderr


def test_launch_takes_a_command_that_can_be_shared_out(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--", "ablate"], ["--"], []):
        assert run("launch", *words) == 2
        assert "expected compare or resume" in capsys.readouterr().err
    assert run("data", "--", "compare") == 2
    assert "only `tf1keras launch`" in capsys.readouterr().err
