"""The index of a checkpoint, a LevelDB table, written with any entries, or its checksums set right.

A block is followed by a byte for its compression and the masked CRC-32C of both
(`tensorflow/core/lib/io/format.h`).
"""

import contextlib
import functools
from collections.abc import Iterable

from tf1_compat.bundle import table as leveldb


def with_checksums(content: bytes) -> bytes:
    """Return the table with the CRC of every block that can be found set right."""
    out = bytearray(content)
    with contextlib.suppress(IndexError, ValueError):
        index = leveldb.index_block(content)
        _set_checksum(out, index)
        for handle in leveldb.data_blocks(content):
            _set_checksum(out, handle)
    return bytes(out)


def _set_checksum(out: bytearray, handle: leveldb.Handle) -> None:
    start, end = handle[0], handle[0] + handle[1] + 1
    if end + 4 <= len(out):
        out[end : end + 4] = masked(bytes(out[start:end])).to_bytes(4, "little")


def written(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a table of these keys and values, in this order."""
    out, handles = b"", []
    for block in (_block(pairs), _block([])):
        handles.append(varint(len(out)) + varint(len(block)))
        out += _sealed(block)
    index = _block([(b"\xff", handles[0])])
    footer = handles[1] + varint(len(out)) + varint(len(index))
    magic = 0xDB4775248B80FB57.to_bytes(8, "little")
    return out + _sealed(index) + footer + bytes(40 - len(footer)) + magic


def _block(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(
        b"\0" + varint(len(key)) + varint(len(value)) + key + value for key, value in pairs
    )
    return body + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")  # one restart, at 0


def _sealed(block: bytes) -> bytes:
    return block + b"\0" + masked(block + b"\0").to_bytes(4, "little")


def varint(number: int) -> bytes:
    """A number of variable length."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def masked(content: bytes) -> int:
    """Return the CRC-32C of bytes as TensorFlow writes it."""
    crc = _crc32c(content)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


@functools.cache
def _remainders() -> list[int]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        found.append(byte)
    return found


def _crc32c(content: bytes) -> int:
    crc, remainders = 0xFFFFFFFF, _remainders()
    for byte in content:
        crc = crc >> 8 ^ remainders[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
