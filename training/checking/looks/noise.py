"""Random numbers that both sides draw for anything but dropout, such as those of a sampler."""

from collections.abc import Iterator

from training.checking.examination import Examination
from training.errors import UserError


def refuse(examination: Examination) -> None:
    """Raise UserError where only TensorFlow 1 draws any: they would hide everything else."""
    theirs = examination.pair.structure.noise
    if theirs and not examination.keras_drawn:
        said = ", ".join(f"{one.drawn.rpartition(':')[0]} ({one.kind})" for one in theirs[:3])
        raise UserError(
            f"{examination.pair.path}: random numbers in TensorFlow 1, drawn by {said}, and none "
            "in Keras.\nDraw the same in a layer of Keras, with keras.random: both sides are given "
            "the same numbers then. Or put zeros or another constant in their place on both sides."
        )


def not_compared(examination: Examination) -> Iterator[str]:
    """Yield what the same numbers at every place do not show."""
    theirs, ours = examination.pair.structure.noise, examination.keras_drawn
    if theirs and ours and (len(theirs) > 1 or len(ours) > 1):
        yield (
            f"which random numbers are whose (drawn at {len(theirs)} places in TensorFlow 1, "
            f"{len(ours)} in Keras; all of a kind had the same)"
        )
