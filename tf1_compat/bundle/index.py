"""What an index says of each tensor, held against the files of data before anything is allocated.

TensorFlow takes what an index with the right checksums says for granted: where that makes no sense
it ends the process, or allocates what a shape or a string promises. The format is
`tensorflow/core/protobuf/tensor_bundle.proto`.
"""

import itertools
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import tensor_bundle_pb2

from tf1_compat.bundle import parts, table
from tf1_compat.bundle.parts import Entry
from tf1_compat.errors import first_line
from tf1_compat.state import Unreadable

NUMBERS = frozenset(
    [
        *(tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.complex64, tf.complex128, tf.bool),
        *(tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32, tf.uint64),
    ]
)
"""What is read."""
PASSED_OVER = frozenset([tf.string, tf.variant])
"""What a Saver may save besides, such as the keys of a table; their lengths are in the data."""
MOST_SHARDS = 10_000
"""Of TensorFlow's names for the files of data, -00000-of-00001 and so on."""
MOST_DIMENSIONS = 254
"""Of a `TensorShape`."""


def check(prefix: Path) -> dict[str, tf.DType]:
    """Return name -> dtype of every tensor: one of NUMBERS, or of PASSED_OVER, not to be read.

    Raises Unreadable unless the tensors lie in the files of data one after the other, with nothing
    between, after or over them, so that they are no more than those files; OSError where there are
    no such files.
    """
    content = prefix.with_name(f"{prefix.name}.index").read_bytes()
    try:
        (_, first), *others = table.entries(content)
        shards = tensor_bundle_pb2.BundleHeaderProto.FromString(first).num_shards
        if not 0 < shards <= MOST_SHARDS:
            raise ValueError(f"it names {shards} files of data")
        if any(one >= other for (one, _), (other, _) in itertools.pairwise([(b"", b""), *others])):
            raise ValueError("the names in it are not in order, each once")
        entries = {key: _entry(key, value) for key, value in others}
        whole = {key.decode(): one for key, one in entries.items() if not key.startswith(b"\0")}
        if unreadable := [name for name in whole if not name.isprintable()]:
            raise ValueError(f"{unreadable[0]!r} is no name")
        parts.check(whole, {key: one for key, one in entries.items() if key.startswith(b"\0")})
        _check_data(prefix, shards, entries)
        return {name: tf.as_dtype(entry.dtype) for name, entry in whole.items()}
    except OSError:
        raise
    except Exception as error:  # whatever bytes that are no table make Python and protobuf raise
        raise Unreadable(f"{prefix}: not a readable checkpoint ({first_line(error)}).") from error


def _entry(key: bytes, value: bytes) -> Entry:
    """Return an entry whose dtype is known and whose shape has the size that it says."""
    entry, name = tensor_bundle_pb2.BundleEntryProto.FromString(value), key.decode(errors="replace")
    dtype = tf.as_dtype(entry.dtype)  # TypeError where it is none
    if dtype not in NUMBERS | PASSED_OVER:
        raise ValueError(f"{name} is {dtype.name}, which no Saver saves")
    lengths = [dimension.size for dimension in entry.shape.dim]
    if entry.shape.unknown_rank or min(lengths, default=0) < 0 or len(lengths) > MOST_DIMENSIONS:
        raise ValueError(f"{name} has no shape")
    if entry.slices:  # its numbers are in its parts
        return entry
    count = math.prod(lengths)
    fits = count * dtype.size == entry.size if dtype in NUMBERS else count <= entry.size
    if not fits or math.prod(max(1, length) for length in lengths) >= 2**63:
        raise ValueError(f"{name} promises {count:,} numbers in {entry.size:,} bytes")
    return entry


def _check_data(prefix: Path, shards: int, entries: Mapping[bytes, Entry]) -> None:
    """Raise ValueError unless the entries fill each file of data that they name."""
    spans: dict[int, list[tuple[int, int, bytes]]] = {}
    for key, entry in entries.items():
        if not entry.slices:
            spans.setdefault(entry.shard_id, []).append((entry.offset, entry.size, key))
    for shard, of_shard in spans.items():
        if not 0 <= shard < shards:
            raise ValueError("a tensor lies in a file of data that is not counted")
        _check_filled(prefix.with_name(f"{prefix.name}.data-{shard:05}-of-{shards:05}"), of_shard)


def _check_filled(file: Path, spans: Iterable[tuple[int, int, bytes]]) -> None:
    end = 0
    for offset, size, key in sorted(spans):
        if offset != end:
            name = key.decode(errors="replace")
            raise ValueError(
                f"{name} begins at byte {offset:,} of {file.name}; expected {end:,}, where the "
                "tensor before it ends"
            )
        end += size
    if end != (size := file.stat().st_size):
        raise ValueError(f"{file.name} has {size:,} bytes; expected {end:,}, as its tensors have")
