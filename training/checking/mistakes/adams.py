"""Adams of `tf.contrib.opt`, whose graph has the op of Adam."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_models import translation
from keras_models.exact import TF1Adam
from keras_models.tf1_optimizers import TF1AdamW, TF1LazyAdam, TF1Nadam
from training.checking.case import Candidate, Case, Hypothesis
from training.checking.mistakes.optimizers import tf1_values


def _having(case: Case, kind: type[TF1Adam], **values: Any) -> Case:
    values = {**tf1_values(case), **values}
    options = {"weight_decay": None, **translation.common(case.model.optimizer), **values}
    return case.having(optimizer=translation.in_floatx(kind(**options)))


def lazy_or_nesterov(case: Case) -> Iterator[Candidate]:
    """Adam that leaves rows of an embedding alone, or looks ahead."""
    if case.examination.rule != "Adam":
        return
    own = case.examination.optimizer_name
    for name, kind in (("LazyAdam", TF1LazyAdam), ("Nadam", TF1Nadam)):
        if type(case.model.optimizer) is not kind:
            yield Candidate(
                f"optimizer: {own} in Keras, tf.contrib.opt's {name} in TensorFlow 1 "
                f"({kind.__name__} is its)",
                lambda kind=kind: _having(case, kind),  # type: ignore[misc]
            )


def decoupled_decay(case: Case) -> Iterator[Candidate]:
    """AdamW: by how much weights decay is what they are off without it after one update."""
    if case.examination.rule != "Adam":
        return
    assert case.pairing
    wide = case.examination.wide
    plain = _having(case, TF1AdamW, weight_decay=0.0)
    assert plain.pairing
    rewrite = wide.begun(plain.model, plain.pairing)
    before = rewrite.weights()
    rewrite.step(*wide.batches[0])
    after, theirs = rewrite.weights(), wide.trace.after_each[0]
    off, whole = (
        np.concatenate([one[name].ravel() for name in before])
        for one in ({n: after[n] - theirs[n] for n in before}, before)
    )
    fitted = float(f"{float((off * whole).sum() / (whole * whole).sum()):.7g}")
    own = getattr(case.model.optimizer, "weight_decay", None)
    yield Candidate(
        f"weight decay: {fitted:g} of the weights in TensorFlow 1, as tf.contrib.opt's AdamW takes "
        f"it (TF1AdamW is its), weight_decay {own or 'none'} in Keras",
        lambda: _having(case, TF1AdamW, weight_decay=fitted),
    )


ALL: tuple[Hypothesis, ...] = (lazy_or_nesterov, decoupled_decay)
