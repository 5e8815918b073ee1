"""Checkpoints whose index has any fields, under checksums that fit.

    index, data = indexes.make(b"...")

Without bytes: two arrays, a step, labels, a variable in two parts, as a Saver writes them.
"""

import math
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import tensor_bundle_pb2

from tests.promises.fuzz import table
from tests.promises.fuzz.draw import NUMBERS, Draw
from tf1_compat.bundle import parts

Entries = dict[bytes, Any]

DTYPES = (1, 2, 3, 4, 7, 8, 9, 10, 14, 17, 19, 20, 21, 22, 23, 24, 29, 0, 101, 107, 114, 131, 255)
KEYS = (b"Variable", b"Variable_2", b"v" * 300, b"\xff", b"\0", b"\0W\0\1", b"W\0", b"_", b"~")
LARGEST = 1 << 16
"""Bytes of data that are written for one entry."""


def make(content: bytes) -> tuple[bytes, bytes]:
    """Return (index, data) of what `content` chooses."""
    draw, entries = Draw(content), _sound()
    header = tensor_bundle_pb2.BundleHeaderProto(num_shards=1)
    header.version.producer = 1
    for _ in range(draw.below(5)):
        _change(draw, entries, draw.pick(sorted(entries) or KEYS))
    if draw.below(8) == 1:
        header.num_shards, header.endianness = draw.pick((1, 0, 2, -1, 2**31 - 1)), draw.below(2)
    size = _lay_out(entries) if draw.below(3) != 1 else 100
    pairs = [(key, entry.SerializeToString()) for key, entry in sorted(entries.items())]
    if draw.below(8) == 1:
        pairs.insert(0, draw.pick(pairs or [(b"", b"")]))
    return table.written([(b"", header.SerializeToString()), *pairs]), bytes(size)


def entry(dtype: int, lengths: list[int], **fields: Any) -> Any:
    """An entry of this dtype and shape."""
    found = tensor_bundle_pb2.BundleEntryProto(dtype=dtype, **fields)
    for length in lengths:
        found.shape.dim.add().size = length
    return found


def _sound() -> Entries:
    entries = {
        b"Variable": entry(1, [2, 3]),
        b"Variable_1": entry(1, [3]),
        b"global_step": entry(9, []),
        b"labels": entry(7, [2]),
        b"W": entry(1, [4, 2]),
    }
    for start in (0, 2):
        part = entries[b"W"].slices.add()
        part.extent.add(start=start, length=2)
        part.extent.add(start=0, length=2)
        entries[parts.key("W", part)] = entry(1, [2, 2])
    _lay_out(entries)
    return entries


def _lay_out(entries: Entries) -> int:
    """Give all entries their sizes, places and checksums, of zeros; return the bytes of data."""
    end = 0
    for _, one in sorted(entries.items()):
        count = math.prod(dimension.size for dimension in one.shape.dim)
        size = count + 4 if one.dtype == 7 else count * _bytes(one.dtype)
        if one.slices or not 0 <= size <= LARGEST:
            continue
        one.offset, one.size, one.crc32c = end, size, table.masked(bytes(size))
        end += size
    return end


def _bytes(dtype: int) -> int:
    try:
        return int(tf.as_dtype(dtype).size or 0)
    except TypeError:
        return 1


def _change(draw: Draw, entries: Entries, key: bytes) -> None:
    """Change one field of an entry, or the entries themselves."""
    one = entries.setdefault(key, entry(1, []))
    lengths, what = one.shape.dim, draw.below(11)
    if what == 0:
        one.dtype = draw.pick(DTYPES)
    elif what == 1 and lengths:
        draw.pick(lengths).size = draw.pick(NUMBERS)
    elif what == 2:
        for _ in range(draw.pick((1, 2, 300))):
            lengths.add().size = draw.pick((1, 0, 2**62))
    elif what == 3:
        del lengths[draw.below(2) :]
    elif what == 4:
        one.shape.unknown_rank = True
    elif what == 5:
        one.shard_id = draw.pick((1, 0, -1, 2, 10**6))
    elif what == 6:
        setattr(one, draw.pick(("offset", "size")), draw.pick(NUMBERS))
    elif what == 7:
        one.crc32c = draw.below(256)
    elif what == 8:
        _change_part(draw, one, entries)
    elif what == 9:
        entries[draw.pick(KEYS)] = entries.pop(key) if draw.below(2) else one
    else:
        del entries[key]


def _change_part(draw: Draw, whole: Any, entries: Entries) -> None:
    """Change one extent of a part of `whole`, or add a part; half the time its entry follows."""
    part = draw.pick(whole.slices) if whole.slices and draw.below(2) else whole.slices.add()
    extent = draw.pick(part.extent) if part.extent and draw.below(2) else part.extent.add()
    extent.start = draw.pick(NUMBERS)
    if draw.below(2):
        extent.length = draw.pick(NUMBERS)
    if draw.below(2):
        entries[parts.key("W", part)] = entry(1, [one.length for one in part.extent])
