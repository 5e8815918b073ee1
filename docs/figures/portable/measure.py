"""Train the portable lane on every machine that this one can be, and keep the checksums.

    python -m docs.figures.portable.measure NAME INPUTS EPOCHS [PYTHON]...

INPUTS is what docs/figures/portable/inputs.py wrote for the data NAME. A PYTHON has NumPy, and may
have the packages blis and mkl; this one comes first. What was measured before, of the same NAME and
EPOCHS, is not measured again. Keeps all in docs/figures/measured/portable.json; a run of 1000
epochs of mnist_5k takes two to five minutes a machine.
"""

import json
import sys
from pathlib import Path
from typing import Any

from docs.figures.portable.machines import ROOT, Machine, machines

KEPT = ROOT / "docs" / "figures" / "measured" / "portable.json"


def main(name: str, inputs: Path, epochs: int, pythons: list[str]) -> None:
    """Measure, and say each machine's checksum at once."""
    case = f"{name}, {epochs} epochs"
    for machine in machines([sys.executable, *pythons]):
        found = next((row for row in _kept() if row["machine"] == machine.named), None)
        checksum = found["sha256"].get(case) if found else None
        if checksum is None:
            checksum = machine.run(inputs, epochs)
            _keep(machine, case, checksum)
        print(checksum, *machine.named.values(), flush=True)


def _kept() -> list[dict[str, Any]]:
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else []


def _keep(machine: Machine, case: str, checksum: str) -> None:
    rows = _kept()
    row = next((row for row in rows if row["machine"] == machine.named), None)
    if row is None:
        row = {"machine": machine.named, "sha256": {}}
        rows.append(row)
    row["sha256"][case] = checksum
    KEPT.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
