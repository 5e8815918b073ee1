"""The files of a checkpoint of `tf.train.SaverDef.V1`, found without TensorFlow."""

import glob
from pathlib import Path


def of_v1(prefix: Path) -> list[Path]:
    """Return them: the prefix itself, or PREFIX-00000-of-00002 and so on.

    None where TensorFlow takes it for one with an index, or nothing is there.
    """
    if prefix.with_name(f"{prefix.name}.index").exists():
        return []
    several = prefix.parent.glob(f"{glob.escape(prefix.name)}-?????-of-?????")
    return [prefix] if prefix.is_file() else sorted(several)
