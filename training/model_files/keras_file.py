"""A `.keras` file, configuration and weights in a zip, looked through before Keras reads it."""

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

from tf1_compat.bounds import most_bytes
from training.data import archives
from training.model_files import keras_names

WEIGHTS = "model.weights.h5"
MEMBERS = {"metadata.json", "config.json", WEIGHTS}
"""What Keras writes, beside assets/."""


def check(path: Path) -> None:
    """Raise ValueError, or what zipfile, json and h5py raise, where Keras should not read the file.

    Every checksum is compared; names are Keras' own (`keras_names.check`); the arrays lie in the
    file and are no larger than it; the model that is described has no more than `most_bytes` of
    its weights' file.
    """
    with zipfile.ZipFile(path) as archive:
        archives.check(archive, path)
        for name in archive.namelist():
            if name not in MEMBERS and not name.startswith("assets/"):
                raise ValueError(f"{name!r} in it is not part of a .keras file")
        if broken := archive.testzip():
            raise ValueError(f"damaged: {broken} in it does not match its checksum")
        config, weights = json.loads(archive.read("config.json")), archive.read(WEIGHTS)
    only_known = keras_names.check(config)
    _check_arrays(weights)
    if only_known:  # what the caller registered may not be there to be built twice
        _check_size(config, most_bytes(len(weights)))


def _check_arrays(content: bytes) -> None:
    """Raise ValueError where HDF5 would give more than is in the file, or pointers."""
    import h5py

    def visit(name: str, found: Any) -> None:
        if isinstance(found, h5py.Dataset) and (
            found.dtype.hasobject or found.nbytes > len(content)
        ):
            raise ValueError(f"{name} in {WEIGHTS} promises more than the file holds")

    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(visit)


def _check_size(config: Any, most: int) -> None:
    """Raise ValueError where the model would be larger than `most` bytes; its weights are not made.

    Keras puts off making variables while there is a StatelessScope.
    """
    import keras
    import tensorflow as tf
    from keras.src.backend.common import global_state  # Keras exports no way to drop them

    try:
        with keras.StatelessScope(initialize_variables=False):
            model = keras.saving.deserialize_keras_object(_uncompiled(config), safe_mode=True)
    finally:
        global_state.set_global_attribute("uninitialized_variables", [])
    size = sum(math.prod(one.shape) * tf.as_dtype(one.dtype).size for one in model.variables)
    if size > most:
        raise ValueError(f"its layers have {size:,} bytes of weights, where {most:,} may be")


def _uncompiled(config: Any) -> Any:
    """Return the configuration without optimizers, whose variables cannot be put off."""
    if isinstance(config, list):
        return [_uncompiled(one) for one in config]
    if not isinstance(config, dict):
        return config
    return {key: _uncompiled(one) for key, one in config.items() if key != "compile_config"}
