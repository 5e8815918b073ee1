"""The figures of docs/reference/speed.md: all that was to be measured, and what is said of it."""

from typing import get_args

import pytest

from docs.figures.speed import gpu, memory, ops, peaks, start
from tests.support.docs_pages import MEASURED
from tf1_compat.hyperparameters import N_HIDDEN, N_OUTPUT
from training.machine.files import read_json
from training.options.bench import Peer


def test_quoted_speed_is_of_every_peer() -> None:
    """On the processor that was measured last; on others of those that there were then."""
    *_, newest = read_json(MEASURED / "bench.json").values()
    for measured in read_json(MEASURED / "bench.json").values():
        assert set(measured["rows"]) == {"4000", "60000"}
        for of_rows in measured["rows"].values():
            known = (
                get_args(Peer)
                if measured is newest
                else [p for p in get_args(Peer) if p in of_rows]
            )
            assert list(of_rows) == list(known)
            assert not any("missing" in of for of in of_rows.values())
            for lane in {"tf1", "exact", "idiomatic", "tf2", "article"} & of_rows.keys():
                assert 0.9 <= round(of_rows[lane]["to_floor"], 1) <= 1.4
            assert 2.3 <= round(of_rows["keras_fit"]["to_floor"], 1) <= 9.2


def test_torch_compile_beside_exact_is_as_it_is_said() -> None:
    said = {"Intel": (0.96, 1.04), "AMD EPYC, AVX2": (1.2, 1.34), "AMD EPYC, AVX-512": (2, 2.5)}
    for cpu, measured in read_json(MEASURED / "bench.json").items():
        ((least, most),) = (of for name, of in said.items() if cpu.startswith(name))
        for of_rows in measured["rows"].values():
            beside = of_rows["torch_compile"]["median_s"] / of_rows["exact"]["median_s"]
            assert least <= beside <= most


def test_quoted_start_is_of_every_command_and_before_a_bare_import_is_done() -> None:
    """And a picture is read in half of its time; tests/lanes/test_costs.py measures it again."""
    for of_cpu in read_json(MEASURED / "start.json").values():
        measured = of_cpu["commands"]
        assert tuple(measured) == start.COMMANDS
        assert all(of["to_import"] < 1 for of in measured.values())
        (picture,) = (of for command, of in measured.items() if command.startswith("predict "))
        assert 0.4 <= picture["to_import"] <= 0.6


def test_quoted_memory_of_many_rows_is_least_in_compare() -> None:
    for of_cpu in read_json(MEASURED / "memory.json").values():
        quoted = of_cpu["of"]
        assert list(quoted) == [*memory.WORKS, memory.SLICED]
        own = max(quoted[memory.OWN]["600000"])
        assert all(own < min(quoted[name]["600000"]) for name in memory.OTHERS)


def test_quoted_limit_is_below_the_floor_on_intel_and_not_far_from_it_on_amd() -> None:
    for cpu, measured in read_json(MEASURED / "peaks.json").items():
        assert [*measured["rows"]] == [str(rows) for rows in peaks.ROWS]
        for rows, of in measured["rows"].items():
            assert [*of] == [*peaks.LIBRARIES]
            ours = of["TensorFlow"]
            beside = {library: sum(both) / sum(ours) for library, both in of.items()}
            if "AMD" in cpu:
                best = sum(map(min, zip(*of.values(), strict=True)))
                assert best / sum(ours) >= 0.9
                assert all(1.9 <= beside[one] <= 2.3 for one in ("OpenBLAS, NumPy", "MKL, PyTorch"))
            elif rows == "60000":
                assert 0.65 <= beside["oneDNN, PyTorch"] <= 0.75
                assert of["TensorFlow, (G^T @ X)^T"][1] <= 0.75 * ours[1]


def test_quoted_ops_are_those_of_the_step_and_two_of_them_are_most_of_it() -> None:
    large = ["relu(X @ W1 + b1)", "G1^T @ X"]
    slowest = {"AMD": "softmax cross-entropy", "Intel": "sum of G1's rows"}
    for cpu, measured in read_json(MEASURED / "ops.json").items():
        quoted = measured["rows"]
        assert [*quoted] == [str(rows) for rows in ops.ROWS]
        for of in quoted.values():
            found = {op: one["seconds"] for op, one in of["ops"].items()}
            assert ops.NODES.keys() - found.keys() <= {"its transpose"}
            assert 0.7 <= sum(found[op] for op in large) / of["step"] <= 0.95
            assert 0.8 <= sum(found.values()) / of["step"] <= 1
            assert found["sum of G1's rows"] >= 4 * of["ops"]["sum of G1's rows"]["least"]
        few, many = (of["ops"] for of in quoted.values())
        assert all(few[op]["seconds"] <= 1.02 * few[op]["least"] for op in large)
        small = max(many.keys() - large, key=lambda op: many[op]["seconds"])
        assert small == slowest[cpu.partition(" ")[0].removesuffix("(R)")]


def test_every_op_of_the_exact_lanes_step_is_found_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ops, "LASTS", 0.1)
    rows = 300
    found = ops.of_rows(rows, rate=1e12)["ops"]
    assert ops.NODES.keys() - found.keys() <= {"its transpose"}
    products = [flop for op, (flop, _) in ops.work(rows).items() if "@" in op]
    assert len(products) == 5
    beside = rows * (2 * N_HIDDEN + N_OUTPUT)  # the biases, and a ReLU, within two of them
    assert sum(products) == rows * gpu.FLOP + beside
