"""The checksums in a checkpoint's index, a LevelDB table, computed anew after something changed.

A block is followed by a byte for its compression and the masked CRC-32C of both
(`tensorflow/core/lib/io/format.h`).
"""

import contextlib
import functools

from tf1_compat import bundle


def with_checksums(content: bytes) -> bytes:
    """Return the table with the CRC of every block that can be found set right."""
    out = bytearray(content)
    with contextlib.suppress(IndexError, ValueError):
        index = bundle.index_block(content)
        _set_checksum(out, index)
        for handle in bundle.data_blocks(content):
            _set_checksum(out, handle)
    return bytes(out)


def _set_checksum(out: bytearray, handle: bundle.Handle) -> None:
    start, end = handle[0], handle[0] + handle[1] + 1
    if end + 4 <= len(out):
        crc = _crc32c(bytes(out[start:end]))
        masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
        out[end : end + 4] = masked.to_bytes(4, "little")


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
