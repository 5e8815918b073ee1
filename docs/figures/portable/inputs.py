"""Write what the portable lane starts from, for a machine without TensorFlow.

    python -m docs.figures.portable.inputs INPUTS [DATA [SEED]]

INPUTS is a file of arrays: x, y, W1, b1, W2, b2. DATA is as `tf1keras compare --data` takes it,
mnist_5k if nothing is said; the seed is 1234.
"""

import sys
from pathlib import Path

import numpy as np


def main(inputs: Path, source: str = "mnist_5k", seed: str = "1234") -> None:
    """Write the file."""
    from training import data
    from training.lanes.build import build
    from training.machine.devices import Device

    digits = data.load_all_classes(source, None)
    (network,) = build(["portable"], digits.train, int(seed), Device("CPU", 0))
    arrays = {name: array.astype(np.float32) for name, array in network.weights().items()}
    np.savez_compressed(inputs, x=digits.train.x, y=digits.train.y, **arrays)
    print(digits.sha256)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
