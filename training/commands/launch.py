"""`tf1keras launch`: several workers on this machine, to try what many machines would do.

    tf1keras launch --workers 2 -- compare --epochs 100

Each worker is a process of `tf1keras compare --cluster tf_config`, listening on 127.0.0.1 only. The
first one's output is shown as it is, of the others only what they say on standard error. On Linux
they stop when this process is gone, in whatever way.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import IO, Any

from training.command_line import words
from training.errors import UserError
from training.machine.processes import end_with
from training.machine.signals import TO_STOP
from training.options.launch import LaunchConfig

GRACE_SECONDS = 30
"""So long the others have to stop by themselves when one has ended badly."""


def run(config: LaunchConfig) -> int:
    """Run the command; return the first worker's exit status, or that of one that failed."""
    if config.command[:1] not in (("compare",), ("resume",)):
        given = " ".join(config.command) or "nothing"
        raise UserError(
            f"launch: {given} after --; expected compare or resume with its options, such as\n"
            "tf1keras launch --workers 2 -- compare --epochs 100"
        )
    speaking = [f"--{name}" for name in words.SPEAKING if getattr(config, name)]
    command = [*config.command, *sorted(set(speaking) - set(config.command))]
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(config.workers)]
    # Ctrl-C reaches the workers, too: this process waits for them.
    before: dict[int, Any] = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None)
    }
    workers: list[subprocess.Popen[bytes]] = []

    def forward(number: int, frame: object) -> None:
        workers[0].send_signal(number)

    try:
        workers += [_start(command, addresses, index) for index in range(config.workers)]
        for index, worker in enumerate(workers):
            if worker.stderr:
                hand_on = threading.Thread(target=_hand_on, args=(index, worker.stderr))
                hand_on.daemon = True
                hand_on.start()
        for asked in TO_STOP:
            if signal.getsignal(asked) != signal.SIG_IGN:
                before[asked] = signal.signal(asked, forward)
        return _wait(workers)
    finally:
        for worker in workers:
            worker.kill()
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _start(
    command: Sequence[str], addresses: Sequence[str], index: int
) -> "subprocess.Popen[bytes]":
    task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
    return subprocess.Popen(
        [sys.executable, "-m", "training", *command, "--cluster", "tf_config"],
        env=os.environ | {"TF_CONFIG": json.dumps(task)},
        stdin=subprocess.DEVNULL,
        stdout=None if index == 0 else subprocess.DEVNULL,
        stderr=None if index == 0 else subprocess.PIPE,
        preexec_fn=partial(end_with, os.getpid()),
    )


def _hand_on(index: int, lines: IO[bytes]) -> None:
    for line in lines:
        sys.stderr.write(f"worker {index}: {line.decode(errors='replace')}")
        sys.stderr.flush()


def _wait(workers: Sequence["subprocess.Popen[bytes]"]) -> int:
    """Wait for all; end those that do not stop by themselves after one has ended badly."""
    deadline = None
    while None in [worker.poll() for worker in workers]:
        failed = [worker for worker in workers if worker.returncode]
        if failed and deadline is None:
            deadline = time.monotonic() + GRACE_SECONDS
        if deadline is not None and time.monotonic() > deadline:
            for worker in workers:
                worker.kill()
        time.sleep(0.1)
    statuses = [worker.returncode for worker in workers]
    return next((status if status > 0 else 2 for status in statuses if status), 0)
