"""Wait for what another process does."""

import subprocess
import time
from pathlib import Path

LONGEST = 240.0
"""Seconds that anything may take on a slow or loaded machine."""


def wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    """Return when `path` is there; fail where the process ends before."""
    deadline = time.monotonic() + LONGEST
    while not path.exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.005)
