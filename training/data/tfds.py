"""Digits through TensorFlow Datasets, in its own data folder, with or without a network.

TensorFlow Datasets retries for minutes when there is no network, so the network is probed first;
and it looks for files in `manual_dir` only by name, so their checksums are compared first.
"""

import contextlib
import hashlib
import re
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import UserError
from training.machine import paths, startup

NAMES = ("mnist", "fashion_mnist", "kmnist", "emnist/digits")
PROBE_SECONDS = 6.0


def read(name: str, manual_dir: Path | None) -> list[np.ndarray]:
    """Return train pixels, train labels, test pixels, test labels of `name`, prepared if need be.

    Pixels are uint8 [N, 28, 28, 1], labels int64 [N], in the order of TensorFlow Datasets, which is
    not that of the original files. EMNIST's images, which are stored transposed, come upright.
    Raises UserError where `manual_dir` does not hold the original files, or where nothing is
    prepared, no folder is given and the network cannot be reached.
    """
    builder = _builder(name)
    if manual_dir is not None:
        manual_dir = paths.expand(manual_dir)
        check_originals(name, manual_dir)
    prepared = where_prepared(name)
    if not prepared and manual_dir is None:
        _probe(name, list(builder.url_infos))
    startup.import_tensorflow()
    if not prepared:
        _prepare(name, builder, manual_dir)
    return [*_rows(name, builder, "train"), *_rows(name, builder, "test")]


def _builder(name: str) -> Any:
    """Return the data set's builder, which reads what is prepared already."""
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name)
    except Exception as error:  # whatever a damaged description of what is prepared makes it raise
        folder = Path(tfds.core.constants.DATA_DIR) / name
        raise _damaged(name, folder, error) from error


def _rows(name: str, builder: Any, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels and labels of a split; TensorFlow compares checksums and counts.

    Raises UserError where they are not as they were prepared.
    """
    import tensorflow_datasets as tfds

    try:
        rows = tfds.as_numpy(builder.as_dataset(split=split, batch_size=-1, shuffle_files=False))
    except Exception as error:  # whatever a damaged file makes TensorFlow raise
        raise _damaged(name, builder.data_path, error) from error
    return _upright(name, rows["image"]), rows["label"]


def _damaged(name: str, folder: Any, error: Exception) -> UserError:
    plain = re.sub(r"\{\{.*?\}\} ?", "", str(error)).strip()  # without names of nodes
    reason = (plain.splitlines() or [type(error).__name__])[0]
    return UserError(
        f"{name}: what is prepared in {folder} is damaged ({reason}).\n"
        "Delete that folder; it will be prepared again."
    )


def _prepare(name: str, builder: Any, manual_dir: Path | None) -> None:
    import tensorflow_datasets as tfds

    source = "the network" if manual_dir is None else str(manual_dir)
    print(f"preparing {name} from {source} in {builder.data_dir} ...", file=sys.stderr)
    tfds.disable_progress_bar()
    config = tfds.download.DownloadConfig(manual_dir=manual_dir and str(manual_dir))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            builder.download_and_prepare(download_config=config)
    except Exception as error:  # whatever a download can raise
        raise UserError(f"{name} could not be prepared: {error}\n{_ways_out(name)}") from error


def where_prepared(name: str) -> Path | None:
    """Return the folder in which TensorFlow Datasets has `name` prepared; None where it has not."""
    folder = _builder(name).data_path
    return Path(folder) if folder.exists() else None


def check_originals(name: str, folder: Path) -> None:
    """Raise UserError unless `folder` holds the original files of `name`, byte for byte."""
    folder, infos = paths.expand(folder), _builder(name).url_infos.values()
    for info in infos:
        path = folder / info.filename
        if not path.is_file():
            names = ", ".join(sorted(info.filename for info in infos))
            raise UserError(
                f"{name}: {path} is missing; expected the original files in that folder: {names}."
            )
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != info.checksum:
            raise UserError(
                f"{name}: {path} is not the original file: its SHA-256 is {found},\n"
                f"expected {info.checksum}. For other data of that format use idx:{folder}"
            )


def _probe(name: str, urls: list[str]) -> None:
    """Raise UserError unless the first of `urls` answers within PROBE_SECONDS."""
    import requests

    outcome: list[str] = []

    def ask() -> None:
        try:
            response = requests.head(urls[0], timeout=PROBE_SECONDS, allow_redirects=True)
            outcome.append("" if response.ok else f"status {response.status_code}")
        except requests.RequestException as error:
            outcome.append(type(error).__name__)

    # A thread, since a timeout of requests does not cover a name server that does not answer.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    failure = outcome[0] if outcome else f"no answer in {PROBE_SECONDS:g} s"
    if failure:
        raise UserError(
            f"{name} is not prepared on this machine and {urls[0]}\n"
            f"cannot be reached ({failure}).\n{_ways_out(name)}"
        )


def _ways_out(name: str) -> str:
    return (
        "Three ways out:\n"
        f"  --data {name} --manual-dir DIR   the original files in a folder of yours\n"
        "  --data idx:DIR                   IDX files, raw or .gz, as they are\n"
        "  --data mnist_5k                  5,000 genuine MNIST digits that are installed already"
    )


def _upright(name: str, images: np.ndarray) -> np.ndarray:
    """[N, 28, 28, 1] -> [N, 28, 28, 1]."""
    return images.transpose(0, 2, 1, 3) if name.startswith("emnist/") else images
