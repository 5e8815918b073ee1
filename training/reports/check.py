"""What `tf1keras check` says, on the screen and as JSON."""

import math
import textwrap
from typing import Any

from training.checking.judgement import Diagnosis
from training.parity.ladder import Rung

WIDTH = 80

VERDICTS = {
    "identical": "from the same weights, every bit is equal",
    "equivalent": "the rewrite is right; what remains is arithmetic, listed below",
    "different": "the rewrite is not the TensorFlow 1 graph",
    "undecided": "nothing is proven, neither that the rewrite is right nor that it is wrong",
}


def text(diagnosis: Diagnosis) -> str:
    """Return the ladder, the verdict and its causes, in lines of at most 80 columns."""
    lines = [f"{'rung':<16}{'':<11}{'max ULP':>14}{'max rel':>9}  where"]
    lines.append("─" * WIDTH)
    lines += [_row(rung) for rung in shown(diagnosis)]
    lines += ["", *_wrapped(f"{diagnosis.verdict.upper()}: {VERDICTS[diagnosis.verdict]}.")]
    for cause in diagnosis.causes:
        lines += _wrapped(cause.cause, "- ")
        lines += _wrapped(cause.evidence, "  ")
    if diagnosis.unexplained:
        said = "reason" if diagnosis.verdict == "undecided" else "not explained"
        lines += _wrapped(f"{said}: {diagnosis.unexplained}", "- ")
    if diagnosis.in_order:
        pairs = ", ".join(f"{name} = {path}" for name, path in diagnosis.in_order.items())
        lines += ["", *_wrapped(f"Paired in order, for shapes are the same: {pairs}.")]
    lines += ["", *_wrapped(f"Not compared: {'; '.join(diagnosis.not_compared) or 'nothing'}.")]
    return "\n".join(lines)


def shown(diagnosis: Diagnosis) -> list[Rung]:
    """Return every rung, that of the initial distributions last."""
    return [*diagnosis.rungs, *([diagnosis.beginning] if diagnosis.beginning else [])]


def _row(rung: Rung) -> str:
    result = "identical" if rung.ok else "differs"
    ulp = "-" if rung.max_ulp is None else f"{rung.max_ulp:,}"
    rel = "0" if rung.max_rel == 0 else f"{rung.max_rel:.1e}"
    if rung.name == "variables":
        ulp = rel = ""
    where = rung.where or rung.note
    room = WIDTH - 52
    where = where if len(where) <= room else f"{where[: room - 1]}…"
    return f"{rung.name:<16}{result:<11}{ulp:>14}{rel:>9}  {where}".rstrip()


def _wrapped(sentence: str, mark: str = "") -> list[str]:
    return textwrap.wrap(
        sentence,
        WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def facts(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the diagnosis as JSON; distances that are not finite are null."""
    first = diagnosis.first_difference
    return {
        "verdict": diagnosis.verdict,
        "rungs": [
            {
                "name": rung.name,
                "ok": rung.ok,
                "max_ulp": rung.max_ulp,
                "max_abs": _finite(rung.max_abs),
                "max_rel": _finite(rung.max_rel),
                "where": rung.where,
            }
            for rung in shown(diagnosis)
        ],
        "first_difference": {"rung": first.name, "where": first.where} if first else None,
        "causes": [{"cause": c.cause, "evidence": c.evidence} for c in diagnosis.causes],
        "unexplained": diagnosis.unexplained,
        "paired_in_order": dict(diagnosis.in_order),
        "not_compared": list(diagnosis.not_compared),
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
