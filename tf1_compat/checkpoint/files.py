"""Checkpoints read and written as named arrays, without a session."""

import glob
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf1_compat.bundle import index, shards, v1
from tf1_compat.errors import first_line
from tf1_compat.state import Unreadable, check_finite

NO_NUMBERS = np.empty([], object)
"""Stands for a tensor that holds no numbers."""


def read(prefix: str | Path) -> dict[str, np.ndarray]:
    """Return every array of a Saver checkpoint: name -> value, sorted by name.

    Text is not read: NO_NUMBERS stands for it. Checksums are TensorFlow's own, and are checked.
    Raises Unreadable for a checkpoint that is not there, is damaged, holds a number that is not
    finite, or was written by TensorFlow 2's object-based `tf.train.Checkpoint`.
    """
    prefix = Path(prefix)
    for file in prefix.parent.glob(f"{glob.escape(prefix.name)}.*"):
        if not file.is_file():  # TensorFlow would wait for a pipe for ever
            raise Unreadable(f"{file}: not a readable checkpoint (a pipe, a device or a folder).")
    try:
        if files := shards.of_v1(prefix):
            return _read_v1(prefix, files)
        dtypes = index.check(prefix)
        if "_CHECKPOINTABLE_OBJECT_GRAPH" in dtypes:
            raise Unreadable(
                f"{prefix}: an object-based checkpoint, of tf.train.Checkpoint or of tf.keras' "
                "save_weights; expected one of a TF1 Saver.\nThe latter is "
                "loaded on the model that your code builds with the package tf_keras:\n  "
                f"model.load_weights('{prefix}'); model.save_weights('weights.h5')\nand "
                "model.load_weights('weights.h5') loads that on the same model in Keras."
            )
        reader = tf.train.load_checkpoint(str(prefix))
        arrays = {
            name: np.asarray(reader.get_tensor(name)) if dtype in index.NUMBERS else NO_NUMBERS
            for name, dtype in dtypes.items()
        }
    except Unreadable:
        raise
    except (tf.errors.OpError, RuntimeError, ValueError, LookupError, OSError) as error:
        raise Unreadable(f"{prefix}: not a readable checkpoint ({first_line(error)}).") from error
    check_finite(arrays)
    return arrays


def _read_v1(prefix: Path, files: Sequence[Path]) -> dict[str, np.ndarray]:
    """Return every array of a checkpoint without an index; raises as `read` does."""
    count = files[0].name.rpartition("-of-")[2]
    if files != [prefix] and len(files) != int(count):
        raise ValueError(f"{len(files)} of its {int(count)} files are there")
    arrays = {
        name: tf.raw_ops.Restore(file_pattern=str(file), tensor_name=name, dt=dtype).numpy()
        if dtype in index.NUMBERS
        else NO_NUMBERS
        for file in files
        for name, dtype in v1.check(file).items()
    }
    check_finite(arrays)
    return dict(sorted(arrays.items()))


def write(prefix: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a checkpoint for TensorFlow 1's `tf.train.Saver().restore`, whole or not at all.

    Makes PREFIX.index, PREFIX.data-00000-of-00001 and the folder's file `checkpoint`; no .meta, for
    there is no graph. Raises OSError where the folder cannot be written to.
    """
    prefix = Path(prefix)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=prefix.parent) as unfinished:
        part = str(Path(unfinished) / prefix.name)
        names = sorted(arrays)
        with tf.device("/CPU:0"):
            tf.raw_ops.SaveV2(
                prefix=part,
                tensor_names=names,
                shape_and_slices=[""] * len(names),
                tensors=[tf.constant(arrays[name]) for name in names],
            )
        # The index comes last: without it, nobody takes the rest for a checkpoint.
        for file in sorted(Path(unfinished).iterdir()):
            os.replace(file, prefix.parent / file.name)
        latest = Path(unfinished) / "checkpoint"  # for tf.train.latest_checkpoint(folder)
        quoted = json.dumps(prefix.name)
        latest.write_text(
            f"model_checkpoint_path: {quoted}\nall_model_checkpoint_paths: {quoted}\n",
            encoding="utf-8",
        )
        os.replace(latest, prefix.parent / latest.name)
