"""A LevelDB table, as the index of a checkpoint is: sorted keys, each with a value.

The format is that of `tensorflow/core/lib/io/format.h`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

FOOTER, TRAILER = 48, 5
"""Bytes after all blocks, and after each: its compression, and a checksum, which TensorFlow
compares."""
MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
"""What a table ends with."""
Handle = tuple[int, int]
"""Where a block begins, and its bytes."""


def is_one(file: Path) -> bool:
    """Whether a file ends as a table does."""
    if file.stat().st_size < FOOTER:
        return False
    with file.open("rb") as opened:
        opened.seek(-len(MAGIC), os.SEEK_END)
        return opened.read() == MAGIC


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
