"""What both sides of every trap are fed: the same arrays, from one seed."""

import numpy as np

UPDATES = 50
IDS = 12


def inputs() -> dict[str, np.ndarray]:
    """Return arrays by name; those of trainings have a batch for each update in front."""
    random = np.random.RandomState(0)  # its numbers are the same in every version of NumPy

    def normal(*shape: int) -> np.ndarray:
        return random.standard_normal(shape).astype(np.float32)

    sequences = normal(3, 5, 3)
    sequences[:, 1] = 0  # a step of zeros that is part of the sequence
    return {
        "x": normal(UPDATES, 16, 4),
        "y": np.eye(3, dtype=np.float32)[random.randint(3, size=(UPDATES, 16))],
        "ids": random.randint(IDS, size=(UPDATES, 16, 5)).astype(np.int32),
        "W": normal(4, 3),
        "E": normal(IDS, 4),
        "images": 1 + 2 * normal(UPDATES, 4, 3, 3, 2),
        "rows": 1 + 2 * normal(UPDATES, 16, 4),
        "picture": normal(1, 4, 4, 2),
        "kernel": normal(3, 3, 2, 3),
        "sequences": sequences,
        "lengths": np.array([5, 4, 2], np.int32),
        "lstm/kernel": normal(3 + 4, 4 * 4),
        "lstm/bias": normal(4 * 4),
        "gates/kernel": normal(3 + 4, 2 * 4),
        "gates/bias": normal(2 * 4),
        "candidate/kernel": normal(3 + 4, 4),
        "candidate/bias": normal(4),
        "rare ids": random.randint(3, size=(UPDATES, 16, 5)).astype(np.int32)
        + 3
        * np.arange(UPDATES, dtype=np.int32)[:, None, None]
        % IDS,  # a quarter of them at a time
        "weights": np.array([1, 0, 2, 0] * 4, np.float32),
    }
