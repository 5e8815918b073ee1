"""The whole table: python -m tests.checking.mutations.table OUT.jsonl [KIND [RECIPE]], an hour."""

import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.checking.mutations.cases import PAIRS, Outcome, cases, outcome


def _outcome(index: int) -> Outcome:
    return outcome(list(cases())[index])


def measure(out: Path, kind: str | None = None, recipe: str | None = None) -> None:
    """Examine every case, in as many processes as there are cores; a line of JSON each."""
    wanted = [
        index
        for index, case in enumerate(cases())
        if kind in (None, case.kind) and recipe in (None, case.recipe.name)
    ]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool, out.open("w") as file:
        pairs: dict[str, int] = {}
        for found in pool.map(_outcome, wanted):
            if found.kind == "pair" and found.seconds:
                pairs[found.recipe] = pairs.get(found.recipe, 0) + 1
                if pairs[found.recipe] > PAIRS:
                    continue
            file.write(json.dumps(found._asdict()) + "\n")
            file.flush()


if __name__ == "__main__":
    measure(Path(sys.argv[1]), *sys.argv[2:])
