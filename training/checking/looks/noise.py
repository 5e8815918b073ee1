"""Random numbers that both sides draw for anything but dropout, such as those of a sampler."""

from collections.abc import Iterator

from training.checking.examination import Examination
from training.checking.search import Explanation


def only_in_graph(examination: Examination) -> Explanation | None:
    """Return the cause that only TensorFlow 1 draws any; None: it does not."""
    theirs = examination.pair.structure.noise
    if not theirs or examination.keras_drawn:
        return None
    said = ", ".join(f"{one.drawn.rpartition(':')[0]} ({one.kind})" for one in theirs[:3])
    return Explanation(
        "random numbers: in TensorFlow 1, none in Keras",
        f"drawn by {said}; the same can be drawn by keras.random in a layer, or, to compare the "
        "rest, put zeros or another constant in their place on both sides",
    )


def not_compared(examination: Examination) -> Iterator[str]:
    """Yield what the same numbers at every place do not show."""
    theirs, ours = examination.pair.structure.noise, examination.keras_drawn
    if theirs and ours and (len(theirs) > 1 or len(ours) > 1):
        yield (
            f"which random numbers are whose (drawn at {len(theirs)} places in TensorFlow 1, "
            f"{len(ours)} in Keras; all of a kind had the same)"
        )
