"""What float64 says of a model, and whether it can be believed: its twin has to be it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras

from keras_models.pairing import Unmatched
from training.checking.examination import Examination
from training.checking.failures import expected
from training.checking.search import UNMATCHED, first_failing, height
from training.checking.wide import Wide, departure
from training.errors import UserError
from training.model_files.users_code import message
from training.parity import ladder
from training.parity.ladder import Rung, Trace
from training.parity.tolerances import TOLERANCES


class Answer(NamedTuple):
    """What float64 says of a model: the rungs up to the first that fails."""

    rungs: Sequence[Rung] | None
    doubt: str | None = None
    """Why it cannot be believed, or could not be asked."""

    @property
    def holds(self) -> bool:
        """Whether every rung does."""
        return self.rungs is not None and first_failing(self.rungs) is None


def ask(examination: Examination, make: Callable[[], keras.Model], did: Trace | None) -> Answer:
    """Climb in float64 with what `make` makes there; constants as written, or as rounded."""
    answers = []
    for as_rounded in (False, True):
        examination.wide = Wide(examination, as_rounded=as_rounded)
        try:
            with examination.wide.scope():
                answer = _climb(examination, make(), did)
        except Exception as error:
            if not isinstance(error, UserError) and not expected(error, examination.pair.path):
                raise
            answer = Answer(None, f"the run in float64 failed: {message(error)[:200]}")
        if answer.holds and not answer.doubt:
            return answer
        answers.append((answer, examination.wide))
        if _beyond_constants(answer):
            break
    best, examination.wide = max(answers, key=lambda one: _height(one[0]))
    return best


def _climb(examination: Examination, wide: keras.Model, did: Trace | None) -> Answer:
    try:
        kept = ladder.Kept(examination.rewrite(wide, examination.pairing(wide), traced=False))
    except Unmatched:
        return Answer([UNMATCHED])
    rungs = ladder.until_one_fails(examination.wide.rungs(kept))
    graph = examination.wide
    where = departure(graph, examination.trace, graph.trace)
    if where:
        return Answer(rungs, f"the graph's copy in float64 does not match it: its {where} differs")
    if did is not None and kept.trace.observed is not None and did.observed is not None:
        where = departure(graph, did, kept.trace)
    if where:
        return Answer(rungs, f"the model's copy in float64 does not match it: its {where} differs")
    return Answer(rungs)


def _beyond_constants(answer: Answer) -> bool:
    """Whether outputs are further apart than constants rounded to float32 make them."""
    failing = first_failing(answer.rungs or ())
    allowed = TOLERANCES["constant_in_float32"].relative
    return failing is not None and failing.name == "forward" and failing.max_rel > allowed


def _height(answer: Answer) -> tuple[bool, int]:
    """How good an answer is: believed, and how many rungs hold."""
    if answer.rungs is None:
        return False, -1
    return answer.doubt is None, height(first_failing(answer.rungs))
