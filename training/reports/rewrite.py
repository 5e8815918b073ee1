"""What `tf1keras rewrite` says, on the screen and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tf1_compat.network import Call, Network
from training.checking.judgement import Diagnosis
from training.reports import check

UNPROVEN = (
    "What `tf1keras rewrite` read is not all that the graph does, and nothing was written. That is "
    "a bug of it: please report it with the .meta file. A PAIR.py by hand does without it "
    "(docs/check.md)."
)


def text(network: Network, found: Diagnosis, proof: str, aside: Sequence[str]) -> str:
    """Return what became what, the verdict, and what stands aside."""
    rows = [(_taken(call), _layer(call)) for call in network.calls]
    width = max(len(left) for left, _ in rows)
    lines = [f"{left:<{width}}  {right}" for left, right in rows]
    lines += ["", f"{found.verdict.upper()}: {check.VERDICTS[found.verdict]}."]
    lines += [f"- {cause.cause}" for cause in found.causes]
    lines += ["", proof]
    if aside:
        lines.append(f"Not taken over, for training does not use it: {', '.join(aside)}.")
    return "\n".join(lines)


def unproven(found: Diagnosis) -> str:
    """Return why the model written is not the graph, as far as is known."""
    return f"{check.text(found)}\n\n{UNPROVEN}"


def facts(
    network: Network,
    weight_map: Mapping[str, str],
    found: Diagnosis,
    proof: str,
    aside: Sequence[str],
) -> dict[str, Any]:
    """Return the same as JSON, with all that was read."""
    return {
        "network": asdict(network),
        "weight_map": {**weight_map},
        "check": check.facts(found),
        "proof": proof,
        "aside": [*aside],
    }


def _taken(call: Call) -> str:
    return ", ".join(call.layer.variables.values()) or call.output.removesuffix(":0")


def _layer(call: Call) -> str:
    return f"{call.layer.kind} {call.layer.name}" if call.layer.name else call.layer.kind
