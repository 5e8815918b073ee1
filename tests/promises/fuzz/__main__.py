"""Fuzz every reader: `make fuzz`, or python -m tests.promises.fuzz [inputs] [target ...]

Each target runs in a process of its own, guided by the lines that it reaches. An exception that is
no refusal, an input that takes more than SECONDS, or more memory than the target's limit ends it,
and the input is kept in runs/fuzz. Prints inputs, seconds of a processor and peak resident memory.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SHARES = {"idx": 0.3, "npz": 0.25, "images": 0.13, "config": 0.14, "checkpoint": 0.05}
SHARES |= {"containers": 0.05, "index": 0.04, "graph": 0.025, "meta": 0.01, "keras": 0.005}
"""Of all inputs; the quick ones get more."""
SECONDS = 10
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
"""Where the inputs are written to: millions of files."""


def fuzz(name: str, inputs: int) -> None:
    """Run one target in this process, which ends in it."""
    import atheris

    with atheris.instrument_imports(include=["training", "tf1_compat", "tests", "PIL"]):
        from PIL import Image

        from tests.promises.fuzz import seeds, targets
        from training.machine import startup

        Image.init()
    startup.import_tensorflow()
    with atheris.instrument_imports(include=["tf1_compat", "tests"]):
        from tests.promises.fuzz import graphs, indexes, keras_files, metas  # noqa: F401
        from tf1_compat import checkpoint, meta  # noqa: F401
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds.of(name)):
            Path(corpus, str(number)).write_bytes(seed)
        kept = Path("runs/fuzz")
        kept.mkdir(parents=True, exist_ok=True)
        options = {
            "runs": inputs,
            "max_len": targets.LARGEST,
            "timeout": SECONDS,
            "rss_limit_mb": targets.MEGABYTES[name],
            "artifact_prefix": f"{kept}/{name}-",
            "seed": 1,
            "keep_seed": 1,  # what C++ reads is not seen to be reached
        }
        arguments = [f"-{option}={value}" for option, value in options.items()]
        atheris.Setup(["fuzz", *arguments, corpus], targets.TARGETS[name])
        atheris.Fuzz()


def main(inputs: int, names: list[str]) -> int:
    """Run the targets one after the other; return 0 if nothing was found."""
    failed = []
    print("target        inputs  seconds  peak MB", flush=True)
    for name in names:
        command = [sys.executable, "-m", "tests.promises.fuzz", "--target", name]
        with tempfile.TemporaryFile() as said, tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            started = subprocess.Popen(
                [*command, str(round(inputs * SHARES[name]))],
                stdout=said,
                stderr=said,
                env=os.environ | {"TMPDIR": folder},  # what is left behind goes with it
            )
            _, status, usage = os.wait4(started.pid, 0)
            started.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            text = said.read().decode(errors="replace")
        done = re.search(r"Done (\d+) runs in", text)
        if started.returncode or not done:
            failed.append(name)
            print(f"{name}: exit status {started.returncode}\n{text[-3000:]}")
            continue
        seconds = usage.ru_utime + usage.ru_stime
        print(f"{name:10} {int(done[1]):9,} {seconds:8.0f} {usage.ru_maxrss >> 10:8,}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--target"]:
        fuzz(sys.argv[2], int(sys.argv[3]))
    else:
        how_many = int(sys.argv[1]) if sys.argv[1:] else 10**6
        sys.exit(main(how_many, sys.argv[2:] or list(SHARES)))
