"""What `tf1keras rewrite` says, on the screen and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tf1_compat.network import Call, Forward, Network
from training.checking.judgement import Diagnosis
from training.model_files.rewriting.forward import Inferring
from training.model_files.rewriting.outputs import Proof
from training.reports import check

BUG = (
    "What `tf1keras rewrite` read is not all that the graph does, and nothing was written. That is "
    "a bug of it: please report it with the .meta file. A PAIR.py by hand does without it "
    "(docs/do/check.md)."
)
OPEN = (
    "Nothing was written, for what `tf1keras rewrite` read may be all that the graph does, or not: "
    "the proof could not be run. Please report it with the .meta file. A PAIR.py by hand has "
    "batches of your own choice (docs/check.md)."
)

GIVEN = {
    "identical": "for drawn inputs the outputs are equal bit for bit",
    "equivalent": "in float64 the outputs are equal but for its rounding",
    "different": "the outputs are others",
    "undecided": "whether the outputs are the same could not be proven",
}


def text(network: Network, found: Diagnosis, proof: str, aside: Sequence[str]) -> str:
    """Return what became what, the verdict, and what stands aside."""
    lines = [*_became(network), *_partial(network)]
    lines += ["", f"{found.verdict.upper()}: {check.VERDICTS[found.verdict]}."]
    lines += [f"- {cause.cause}" for cause in found.causes]
    lines += ["", proof]
    if aside:
        lines.append(f"Not taken over, for training does not use it: {', '.join(aside)}.")
    return "\n".join([*lines, *_outside(network)])


def _outside(network: Network) -> list[str]:
    changes = ", ".join(f"{op} ({variable})" for op, variable in network.outside.items())
    said = (
        f"Not in model.py: what changes variables and {network.train_op} does not run: {changes}."
    )
    return [f"{said} Where your loop ran it, do as much after each update."] if changes else []


def rest(network: Forward) -> list[str]:
    """Return the ops that are written as they were, with their types."""
    return [f"{op.name} ({op.kind})" for op in network.rest.options["ops"]] if network.rest else []


def _partial(network: Forward) -> list[str]:
    ops = rest(network)
    said = "PARTIAL: no Keras layer is known for the ops of the layer NotUnderstood in model.py:"
    return ["", f"{said} {', '.join(ops)}."] if ops else []


def inexact(network: Network, found: Diagnosis) -> str:
    """Return why a model of exact pieces is not the graph bit for bit."""
    from keras_models.writing import exact

    lacking = " or ".join(exact.lacking(network))
    said = (
        f"there is no exact piece for {lacking}"
        if lacking
        else ("all of it has an exact piece, but TensorFlow 2 computes this graph in another order")
    )
    first = found.first_difference
    where = f", and bits differ at {first.name}, {first.where}" if first else ""
    return f"--exact: {said}{where}. Nothing is written; without --exact it is {found.verdict}."


def _became(network: Forward) -> list[str]:
    """Return a line for each layer: what it was, what it is."""
    rows = [(_taken(call), _layer(call)) for call in network.calls]
    width = max(len(left) for left, _ in rows)
    return [f"{left:<{width}}  {right}" for left, right in rows]


def unproven(found: Diagnosis) -> str:
    """Return why the model written is not the graph, as far as is known."""
    return f"{check.text(found)}\n\n{_nothing_written(found.verdict)}"


def _nothing_written(verdict: str) -> str:
    return OPEN if verdict == "undecided" else BUG


def facts(
    network: Network,
    weight_map: Mapping[str, Any],
    found: Diagnosis,
    proof: str,
    aside: Sequence[str],
) -> dict[str, Any]:
    """Return the same as JSON, with all that was read."""
    return {
        "network": asdict(network),
        "partial": rest(network),
        "weight_map": {**weight_map},
        "check": check.facts(found),
        "proof": proof,
        "aside": [*aside],
    }


def forward_text(read: Inferring, found: Proof, proof: str) -> str:
    """Return what became what of a network without training, and how its outputs compare."""
    lines = [*_became(read.network), *_partial(read.network), "", *_outputs(found), "", proof]
    lines.append("There is no training in it: the model is not compiled.")
    if read.aside:
        lines.append(f"Not taken over, for the outputs do not use it: {', '.join(read.aside)}.")
    return "\n".join(lines)


def forward_unproven(found: Proof) -> str:
    """Return why the model written is not the graph, as far as is known."""
    reason = [found.reason] if found.reason else []
    return "\n".join([*_outputs(found), *reason, "", _nothing_written(found.verdict)])


def _outputs(found: Proof) -> list[str]:
    lines = [f"{found.verdict.upper()}: {GIVEN[found.verdict]}."]
    for dtype, rung in zip(("float32", "float64"), found.rungs, strict=False):
        if not rung.ok or found.verdict != "identical":
            lines.append(f"- outputs in {dtype}: {rung.max_rel:.1e} relative at most")
    return lines


def forward_facts(read: Inferring, found: Proof, proof: str) -> dict[str, Any]:
    """Return the same as JSON."""
    return {
        "network": asdict(read.network),
        "partial": rest(read.network),
        "weight_map": read.weight_map,
        "check": {"verdict": found.verdict, "rungs": [asdict(rung) for rung in found.rungs]},
        "proof": proof,
        "aside": read.aside,
    }


def _taken(call: Call) -> str:
    return ", ".join(call.layer.variables.values()) or call.output.partition(":")[0]


def _layer(call: Call) -> str:
    return f"{call.layer.kind} {call.layer.name}" if call.layer.name else call.layer.kind
