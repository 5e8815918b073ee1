"""Any bytes given to any reader: read, or refused; `make fuzz` tries many more, guided."""

import base64
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.promises.fuzz import __main__ as campaign
from tests.promises.fuzz import seeds, table, targets
from tf1_compat.bundle import table as leveldb

COUNTS = {"idx": 150, "npz": 150, "images": 60, "config": 150, "checkpoint": 150}
COUNTS |= {"containers": 100, "index": 200, "graph": 150, "meta": 20, "keras": 10}
SLOW = {name: 3 * count for name, count in COUNTS.items()}


@pytest.fixture(scope="module", autouse=True)
def _folder() -> Iterator[None]:
    yield
    targets.clean()
    targets.folder.cache_clear()
    targets.sound_checkpoint.cache_clear()


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """A sound input with a few bytes changed, cut out, put in, or its end gone."""
    content = bytearray(draw(st.sampled_from(seeds.of(name))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(1, max(1, len(content) - 1)))
        what = draw(st.integers(0, 3))
        if what == 0:
            content[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif what == 1:
            del content[at : at + draw(st.integers(1, 9))]
        elif what == 2:
            content[at:at] = draw(st.binary(max_size=9))
        else:
            content[at : at + 4] = b"\xff" * 4
    return bytes(content)


def try_out(name: str, count: int) -> None:
    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.one_of(damaged(name), st.binary(max_size=200)))
    def holds(content: bytes) -> None:
        targets.TARGETS[name](content)

    holds()


@pytest.mark.parametrize("name", COUNTS)
def test_no_bytes_raise_anything_but_a_refusal(name: str) -> None:
    try_out(name, COUNTS[name])


STRIP = b"c" + base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAwAAAQKEAAAAAD11zxlAAAAGmVYSWZNTQAqAAAACAABARIAAwAAAAEABgAA"
    "APrWAABnS2kAAAAeSURBVHicY2R4xoAVMGEXJkpCj0GPWkYRK8FIsj8AT3sCO0qpX60AAAAASUVORK5CYII="
)
"""A picture of 12 x 1,034, turned: reduced, its sides are not by the same."""
FOUND = [
    ("idx", b"G\0\0\x08\x03" + bytes(4) + b"\xff" * 8),  # no rows of 2^64 pixels
    ("npz", b"a\x93NUMPY\1\0v\0\xa4'descr': '|u1', 'shape': (2, 12), }" + b" " * 80 + b"\n"),
    ("images", STRIP),
    ("containers", b"clabel\n7\n7"),  # pictures of 0 x 0
    ("config", b"c" + b"[" * 100_000),
    ("config", b'c{"learning_rate": 1' + b"0" * 400 + b"}"),
    ("config", b"h"),
    ("config", b'h"'),
    ("config", b'f{"classes": 3}'),
]
"""Inputs that raised something else once."""


@pytest.mark.parametrize(("name", "content"), FOUND, ids=lambda part: str(part)[:20])
def test_what_was_found_stays_mended(name: str, content: bytes) -> None:
    targets.TARGETS[name](content)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_no_bytes_of_many_raise_anything_but_a_refusal(name: str) -> None:
    try_out(name, SLOW[name])


@pytest.mark.parametrize("name", COUNTS)
def test_seeds_are_read_and_not_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the fuzzer would start from files that end at the door."""
    refusing = []

    class Refusals:
        def __enter__(self) -> None: ...

        def __exit__(self, kind: object, error: object, _: object) -> bool:
            refusing.append(error)
            return error is not None

    monkeypatch.setattr(targets.contextlib, "suppress", lambda *_: Refusals())
    for seed in seeds.of(name):
        targets.TARGETS[name](seed)
    refused = [error for error in refusing if error is not None]
    assert len(refused) <= {"idx": 2, "npz": 3}.get(name, 0)


def test_checksums_that_are_set_right_are_those_that_were_written() -> None:
    """So the fuzzer gets past them, to what is behind."""
    index = targets.sound_checkpoint()[0]["index"]
    assert table.with_checksums(index) == index
    offset, size = leveldb.index_block(index)
    broken = bytearray(index)
    broken[offset + size + 2] ^= 1
    assert table.with_checksums(bytes(broken)) == index
    png = next(seed for seed in seeds.of("images") if seed.startswith(b"c"))[1:]
    broken = bytearray(png)
    broken[29] ^= 1  # of the header chunk's CRC
    assert targets._with_checksums(bytes(broken)) == png
    assert zlib.crc32(png[12:29]) == int.from_bytes(png[29:33], "big")


def test_every_target_has_a_share_and_a_limit() -> None:
    assert set(campaign.SHARES) == set(targets.TARGETS) == set(targets.MEGABYTES) == set(COUNTS)
    assert sum(campaign.SHARES.values()) == pytest.approx(1)
