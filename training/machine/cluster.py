"""Several workers, on this machine or on many: who they are, and what they have to agree on.

Each is a process that runs the same command. They meet at addresses that the environment gives, sum
their gradients through TensorFlow's `MultiWorkerMirroredStrategy`, and notice one that is gone. The
first one, the chief, trains the other lanes besides, and alone writes and prints.
"""

import hashlib
import json
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from training.errors import UserError, first_line
from training.machine import startup
from training.machine.devices import Device
from training.machine.signals import ctrl_c_later

if TYPE_CHECKING:
    import tensorflow as tf

T = TypeVar("T")

JOIN_SECONDS = float(os.environ.get("TF1KERAS_JOIN_SECONDS", "300"))
"""So long a worker waits for the others to come."""
HEARTBEAT_SECONDS = 10
"""A worker that is silent for so long is given up; one whose process ended is noticed at once."""
LAST_PORT = 2**16 - 1
KUBERNETES_PORT = 8470
"""TensorFlow's own choice."""

MEANINGS = {
    "tf_config": 'TF_CONFIG as {"cluster": {"worker": ["HOST:PORT", ...]}, '
    '"task": {"type": "worker", "index": 0}}',
    "slurm": "the variables that srun sets, SLURM_PROCID and SLURM_STEP_*",
    "kubernetes": "running pods with that label and hostNetwork, one a node, and HOST_IP as the "
    "address of this one's node",
}


@dataclass(frozen=True)
class Cluster:
    """The workers that share out the rows; this process is number `index`."""

    addresses: tuple[str, ...]
    index: int
    strategy: "tf.distribute.Strategy"

    @property
    def chief(self) -> bool:
        """Whether this process writes and prints."""
        return self.index == 0

    def agree(self, what: str, value: Any) -> None:
        """Raise UserError on every worker unless `value`, as JSON, is the same on all of them."""
        text = json.dumps(value, sort_keys=True, default=str)
        digests = self._gather(list(hashlib.sha256(text.encode()).digest()))
        replicas = len(digests) // len(self.addresses)
        for number, address in enumerate(self.addresses):
            if digests[number * replicas] != digests[0]:
                raise UserError(
                    f"worker {number} ({address}) has other {what} than worker 0.\n"
                    "Start all workers with the same command, data and versions."
                )

    def _gather(self, numbers: list[int]) -> list[list[int]]:
        """Return every replica's `numbers`, in order."""
        import tensorflow as tf

        @tf.function
        def gathered(row: "tf.Tensor") -> "tf.Tensor":
            return self.strategy.gather(self.strategy.run(tf.identity, (row,)), axis=0)

        return gathered(tf.constant([numbers], tf.int32)).numpy().tolist()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Turn TensorFlow's error over a worker that is gone into a UserError that names it."""
        import tensorflow as tf

        try:
            yield
        except tf.errors.ResourceExhaustedError:
            raise  # this worker's own memory
        except tf.errors.OpError as error:
            gone = self._gone(str(error))
            raise UserError(f"{gone} is gone, so training cannot go on.") from error

    def _gone(self, message: str) -> str:
        """Say which worker is gone: whose port is closed, or whom TensorFlow names."""
        others = [number for number in range(len(self.addresses)) if number != self.index]
        # A port need not be closed at once.
        closed = _until(lambda: [n for n in others if not _listens(self.addresses[n])], 1)
        found = closed or [number for number in others if f"/task:{number}" in message]
        # The others look for who is gone, too, and would find this one: it stays until they have
        # left, or have had the time to notice.
        _until(lambda: not any(_listens(self.addresses[n]) for n in others), 1.5)
        among = ", ".join(f"{n} ({self.addresses[n]})" for n in found or others)
        return f"worker {among}" if len(found) == 1 else f"one of the workers {among}"


PROBE_SECONDS = 1.0


def _until(look: Callable[[], T], heartbeats: float) -> T:
    """Look again and again until there is something, or for so long; return what was seen last."""
    latest = time.monotonic() + heartbeats * HEARTBEAT_SECONDS
    while not (seen := look()) and time.monotonic() < latest:
        time.sleep(PROBE_SECONDS / 4)
    return seen


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def join(request: str, device: Device) -> Cluster:
    """Return the cluster that `request` (tf_config, slurm, kubernetes:LABEL) names, all come.

    Before anything was computed in this process. Raises UserError where the environment does not
    say who the workers are, or this one's address cannot be listened on.
    """
    startup.import_tensorflow()
    import tensorflow as tf
    from tensorflow.compiler.xla.tsl.protobuf import coordination_config_pb2
    from tensorflow.python.eager import context

    kind, _, label = request.partition(":")
    try:
        resolver, addresses, index = _resolve(kind, label, device)
    except Exception as error:  # whatever the resolvers raise at an environment that is not theirs
        reason = str(error).strip() or type(error).__name__
        raise UserError(f"--cluster {request}: {reason}; expected {MEANINGS[kind]}.") from error
    context.context().configure_coordination_service(
        "standalone",
        service_leader="/job:worker/replica:0/task:0",
        heartbeat_timeout_in_ms=HEARTBEAT_SECONDS * 1000,
        coordinated_jobs=[
            coordination_config_pb2.CoordinatedJob(name="worker", num_tasks=len(addresses))
        ],
    )
    implementation = tf.distribute.experimental.CommunicationImplementation
    options = tf.distribute.experimental.CommunicationOptions(
        implementation=implementation.NCCL if device.kind == "GPU" else implementation.RING
    )
    try:
        with _waiting(addresses, index):
            strategy = tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
    except (tf.errors.OpError, RuntimeError) as error:
        reason = first_line(error)
        raise UserError(
            f"--cluster {request}: worker {index} cannot listen on {addresses[index]} or reach the "
            f"others ({reason}).\nIs the port in use? Give another address."
        ) from error
    return Cluster(addresses, index, strategy)


def _resolve(kind: str, label: str, device: Device) -> tuple[Any, tuple[str, ...], int]:
    """Return TensorFlow's resolver, every worker's address, and which is this one."""
    import tensorflow as tf

    resolvers = tf.distribute.cluster_resolver
    if kind == "tf_config":
        resolver = resolvers.TFConfigClusterResolver()
        spec = resolver.cluster_spec().as_dict()
    elif kind == "slurm":
        on_cpu = {"gpus_per_node": 2**15, "gpus_per_task": 1, "auto_set_gpu": False}
        # Without a GPU the resolver divides none by none; with these it counts tasks, not GPUs.
        resolver = resolvers.SlurmClusterResolver(**(on_cpu if device.kind == "CPU" else {}))
        spec = resolver.cluster_spec().as_dict()
        resolver.task_type, resolver.task_id = resolver.get_task_info()
    else:
        resolver = resolvers.KubernetesClusterResolver(
            {"worker": [label]}, KUBERNETES_PORT, override_client=_kubernetes_client()
        )
        spec = resolver.cluster_spec().as_dict()
        here = f"{os.environ['HOST_IP']}:{KUBERNETES_PORT}"
        resolver.task_type, resolver.task_id = "worker", spec["worker"].index(here)
    if set(spec) != {"worker"} or resolver.task_type != "worker":
        raise ValueError(f"found {spec or 'no cluster'} and task {resolver.task_type}")
    addresses = tuple(spec["worker"])
    for address in addresses:
        port = address.rpartition(":")[2]
        if not (port.isdecimal() and 1 <= int(port) <= LAST_PORT):
            raise ValueError(f"no port from 1 to {LAST_PORT} in {address}")
    if resolver.task_id not in range(len(addresses)):
        raise ValueError(f"task {resolver.task_id} of {len(addresses)} workers")
    return resolver, addresses, int(resolver.task_id)


def _kubernetes_client() -> Any:
    from kubernetes import client, config

    config.load_incluster_config()
    return client.CoreV1Api()


@contextmanager
def _waiting(addresses: tuple[str, ...], index: int) -> Iterator[None]:
    """End this process with a message where the others do not come.

    TensorFlow waits for ever, and no thread of Python runs meanwhile: another process does it.
    """
    watch = multiprocessing.get_context("spawn").Process(
        target=_end_waiting, args=(addresses, index), daemon=True
    )
    with ctrl_c_later():
        watch.start()
    try:
        yield
    finally:
        watch.kill()


def _end_waiting(addresses: tuple[str, ...], index: int) -> None:
    waiting, pid = multiprocessing.parent_process(), os.getppid()
    assert waiting
    waiting.join(JOIN_SECONDS)
    if not waiting.is_alive():
        return
    missing = [
        f"worker {number} ({address})"
        for number, address in enumerate(addresses)
        if number != index and not _listens(address)
    ]
    print(
        f"tf1keras: {', '.join(missing) or 'another worker'} did not come within "
        f"{JOIN_SECONDS:g} s; start all workers, or look at what they say.",
        file=sys.stderr,
        flush=True,
    )
    os.kill(pid, signal.SIGKILL)
