"""The whole table: python -m tests.checking.mutations.table OUT.jsonl [KIND [RECIPE]], an hour."""

import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.checking.mutations.cases import PAIRS, Case, Outcome, cases, examined, matter


def _outcome(index: int) -> Outcome:
    case = list(cases())[index]
    try:
        if case.kind != "right" and not matter(case):
            return _not_examined(case, "no matter")
    except (ValueError, TypeError) as error:  # shapes that do not fit make no model at all
        return _not_examined(case, f"no model: {error}")
    return examined(case)


def _not_examined(case: Case, verdict: str) -> Outcome:
    return Outcome(case.kind, case.recipe.name, case.name, verdict[:200], False, [], 0.0)


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
        for outcome in pool.map(_outcome, wanted):
            if outcome.kind == "pair" and outcome.seconds:
                pairs[outcome.recipe] = pairs.get(outcome.recipe, 0) + 1
                if pairs[outcome.recipe] > PAIRS:
                    continue
            file.write(json.dumps(outcome._asdict()) + "\n")
            file.flush()


if __name__ == "__main__":
    measure(Path(sys.argv[1]), *sys.argv[2:])
