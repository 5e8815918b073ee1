"""The index of a Saver checkpoint, looked through before TensorFlow reads it.

TensorFlow takes what an index with the right checksums says for granted: where that makes no sense
it ends the process, or allocates what a shape promises. The format is a LevelDB table
(`tensorflow/core/lib/io/format.h`) of protocol buffers (`tensor_bundle.proto`).
"""

import math
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import tensor_bundle_pb2

from tf1_compat.state import StateError, first_line

FOOTER, TRAILER = 48, 5
"""Bytes after all blocks, and after each: its compression, and a checksum, which TensorFlow
compares."""
MOST_SHARDS = 10_000
"""Of TensorFlow's names for the files of data, -00000-of-00001 and so on."""
Handle = tuple[int, int]
"""Where a block begins, and its bytes."""


def check(prefix: Path) -> None:
    """Raise StateError unless the index makes sense and what it promises is in the data's files.

    Raises OSError where there are no such files.
    """
    content = prefix.with_name(f"{prefix.name}.index").read_bytes()
    try:
        (_, first), *others = entries(content)
        header = tensor_bundle_pb2.BundleHeaderProto.FromString(first)
        if not 0 < header.num_shards <= MOST_SHARDS:
            raise ValueError(f"it names {header.num_shards} files of data")
        for name, value in others:
            _check_entry(prefix, header.num_shards, name, value)
    except OSError:
        raise
    except Exception as error:  # whatever bytes that are no table make Python and protobuf raise
        raise StateError(f"{prefix}: not a readable checkpoint ({first_line(error)}).") from error


def _check_entry(prefix: Path, shards: int, name: bytes, value: bytes) -> None:
    entry = tensor_bundle_pb2.BundleEntryProto.FromString(value)
    text = name.decode(errors="replace")  # the key of a part is no text
    if entry.shape.unknown_rank or any(dimension.size < 0 for dimension in entry.shape.dim):
        raise ValueError(f"{text} has no shape")
    slices = [one.SerializeToString(deterministic=True) for one in entry.slices]
    if len(set(slices)) < len(slices):
        raise ValueError(f"{text} has a part twice")
    dtype = tf.as_dtype(entry.dtype)  # TypeError where it is none
    if slices:  # its parts have entries of their own
        return
    count = math.prod(dimension.size for dimension in entry.shape.dim)
    fits = count <= entry.size if dtype == tf.string else count * dtype.size == entry.size
    if not fits or len(entry.shape.dim) > 254:
        raise ValueError(f"{text} promises {count:,} numbers in {entry.size:,} bytes")
    if not 0 <= entry.shard_id < shards:
        raise ValueError(f"{text} lies in a file of data that is not counted")
    file = prefix.with_name(f"{prefix.name}.data-{entry.shard_id:05}-of-{shards:05}")
    if entry.offset < 0 or entry.offset + entry.size > file.stat().st_size:
        raise ValueError(f"{text} lies beyond the end of {file.name}")


def entries(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield every (key, value) of a table; ValueError or IndexError where it is none."""
    for handle in data_blocks(content):
        yield from _block(content, handle)


def data_blocks(content: bytes) -> list[Handle]:
    """Return where the blocks are that the table's index names."""
    return [_handle(value, 0)[0] for _, value in _block(content, index_block(content))]


def index_block(content: bytes) -> Handle:
    """Return where the table's index is."""
    if len(content) < FOOTER:
        raise ValueError("its index is cut off")
    _, at = _handle(content, len(content) - FOOTER)
    return _handle(content, at)[0]


def _block(content: bytes, handle: Handle) -> Iterator[tuple[bytes, bytes]]:
    """Yield a block's entries: each key begins as the one before it did, for so many bytes."""
    start, size = handle
    if start + size + TRAILER > len(content) or size < 8:
        raise ValueError("a block of its index is cut off")
    if content[start + size]:
        raise ValueError("its index is compressed, as no Saver writes it")
    block = content[start : start + size]
    restarts = int.from_bytes(block[-4:], "little")
    end, at, key = size - 4 - 4 * restarts, 0, b""
    if restarts < 1 or end < 0:
        raise ValueError("a block of its index is damaged")
    while at < end:
        shared, at = _number(block, at)
        own, at = _number(block, at)
        length, at = _number(block, at)
        if shared > len(key) or at + own + length > end:
            raise ValueError("an entry of its index is damaged")
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def _handle(content: bytes, at: int) -> tuple[Handle, int]:
    offset, at = _number(content, at)
    size, at = _number(content, at)
    return (offset, size), at


def _number(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number in its index is damaged")
