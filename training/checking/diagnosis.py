"""All that is said of a pair: the verdict, what further looks add to it, and what none has seen."""

from dataclasses import replace

from keras_models.pairing import Unmatched
from training.checking.examination import Examination
from training.checking.judgement import Diagnosis, judge
from training.checking.looks import again, beyond, dropping, noise
from training.checking.search import Effort, Explanation, Note, silent

BUDGET = 60.0
"""Seconds that the search for a cause may take, where nothing is said."""


def diagnose(examination: Examination, budget: float = BUDGET, note: Note = silent) -> Diagnosis:
    """Return the diagnosis; `note` is told how the search for a cause, if there is one, comes on.

    Raises UserError where variables cannot be matched at all, and where only TensorFlow 1 draws
    random numbers for anything but dropout.
    """
    noise.refuse(examination)
    effort = Effort(budget, note)
    on = dropping.switched_on(examination)
    # All of it, then: in Keras it is all on, or all off.
    if on and any(examination.dropped) and on.fixed != examination.fixed:
        examination = examination.fed(on.fixed)
    # It is in every rung then, which says nothing of anything else.
    hidden = any(examination.dropped) and dropping.only_in(examination) is not None
    found = judge(examination, Effort(0, note) if hidden else effort)
    if found.better:
        examination = examination.paired(found.better)
        told_apart, better = _told_apart(examination), found.better
        found = judge(examination, effort)
        found = replace(found, causes=[told_apart, *found.causes], better=better)
    seen = beyond.look(examination)
    unseen = [one.not_compared for one in seen if one.not_compared]
    beginning = next((one.rung for one in seen if one.rung), None)
    differences = [one.difference for one in seen if one.difference]
    if hidden:
        found = replace(found, causes=(), unexplained=None)
        unseen.append("whatever else differs, until dropout is the same")
    if differences:
        known = found.causes if found.verdict == "different" else ()
        found = replace(found, verdict="different", causes=[*known, *differences])
    else:
        found, said = again.look(examination, found, effort)
        unseen += said
    in_order = {} if found.better else _in_order(examination)
    return replace(found, beginning=beginning, not_compared=unseen, in_order=in_order)


def _in_order(examination: Examination) -> dict[str, str]:
    """Return where each variable is whose place was a guess."""
    try:
        pairing = examination.pairing(examination.pair.sample)
    except Unmatched:
        return {}
    weights = list(examination.pair.sample.weights)
    return {name: match.paths(weights) for name, match in pairing.items() if match.guessed}


def _told_apart(examination: Examination) -> Explanation:
    """Say which variables were paired otherwise than in order."""
    moved = [f"{name} with {path}" for name, path in _in_order(examination).items()]
    return Explanation(
        f"variables of one shape were paired by what they compute: {', '.join(moved)}",
        "paired in order, their outputs differ; a weight_map or layer names would settle it",
    )
