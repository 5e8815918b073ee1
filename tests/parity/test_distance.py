"""ULP and relative distances are right for every float32, and history.csv loses nothing."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support.losses import read_csv
from training.lanes.history import History, write_csv
from training.parity import judgement
from training.parity.distance import NOT_COMPARABLE, relative_distance, ulp_distance

any_float = st.floats(width=32, allow_nan=False)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(any_float, st.integers(0, 50), st.sampled_from([-np.inf, np.inf]))
def test_ulp_distance_counts_nextafter_steps(start: float, steps: int, towards: float) -> None:
    first = here = np.float32(start)
    taken = 0
    for _ in range(steps):
        there = np.nextafter(here, np.float32(towards))
        taken += here != there  # at infinity there is no step left to take
        here = there
    assert ulp_distance(first, here) == taken


@given(any_float, any_float, any_float)
def test_ulp_distance_is_a_metric_on_the_line(a: float, b: float, c: float) -> None:
    assert ulp_distance(a, b) == ulp_distance(b, a)
    assert (ulp_distance(a, b) == 0) == (np.float32(a) == np.float32(b))
    low, middle, high = sorted(np.float32([a, b, c]))
    assert ulp_distance(low, high) == ulp_distance(low, middle) + ulp_distance(middle, high)


def test_ulp_distance_across_zero_subnormals_infinity_and_nan() -> None:
    tiny = np.nextafter(np.float32(0), np.float32(1))
    largest = np.finfo(np.float32).max
    assert ulp_distance(-0.0, 0.0) == 0
    assert ulp_distance(-tiny, tiny) == 2
    assert ulp_distance(np.finfo(np.float32).tiny, 0) == 2**23
    assert ulp_distance(largest, np.inf) == 1
    assert ulp_distance(-np.inf, np.inf) == 2 * 0x7F800000
    assert ulp_distance(np.nan, np.nan) == 0
    assert ulp_distance(np.nan, 1.0) == ulp_distance(np.inf, -np.nan) == NOT_COMPARABLE
    assert ulp_distance(-np.inf, np.inf) < NOT_COMPARABLE


@given(finite, finite)
def test_relative_distance_is_zero_only_for_equals(a: float, b: float) -> None:
    assert (relative_distance(a, b) == 0) == (a == b)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20))
def test_history_csv_reads_back_to_the_same_bits(rows: list[tuple[float, float]]) -> None:
    import tempfile

    columns = np.array(rows, np.float32).T
    history = History({"tf1": columns[0], "exact": columns[1]}, {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.csv")
        write_csv(history, path)
        back = read_csv(path)
        assert path.read_text().startswith("epoch,tf1,exact\n0,")
    assert list(back) == ["tf1", "exact"]
    for lane, losses in history.losses.items():
        assert back[lane].dtype == np.float32
        assert back[lane].tobytes() == losses.tobytes()


def test_csv_writes_the_shortest_form(tmp_path: Path) -> None:
    write_csv(History({"tf1": np.array([101.94400024414062], np.float32)}, {}), tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text() == "epoch,tf1\n0,101.944\n"


def test_parity_in_float64_sees_what_float32_would_not() -> None:
    losses = np.array([2.0, 1.0])
    found = judgement.compare(losses * (1 + 1e-12), {}, losses, {})
    assert found.first_difference == 0
    assert found.max_rel > 0
    rounded = judgement.compare(losses * (1 + 1e-12), {}, losses.astype(np.float32), {})
    assert rounded.first_difference is None
