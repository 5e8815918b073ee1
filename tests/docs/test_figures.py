"""The figures in the pages: each was written there by the command that measured it."""

import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from docs.figures import write_finetune, write_lockstep, write_traps
from docs.figures.traps.traps import TRAPS, distances
from docs.figures.write_pages import WRITERS
from tests.commands.test_ablate import KINDS
from tests.conftest import ROOT
from tests.promises.test_genuine import tf115_python
from tests.support.docs_pages import MEASURED, PAGES, READMES, text
from tests.support.tf1_to_keras import ROUNDING
from training.machine.files import read_json
from training.parity.tolerances import TOLERANCES


def marks(page: str) -> set[str]:
    return set(re.findall(r"^<!-- (\w+): [\w-]+ -->$", text(page), re.MULTILINE)) & set(WRITERS)


MARKED = [(page, kind) for page in PAGES for kind in sorted(marks(page))]


@pytest.mark.parametrize(("page", "kind"), MARKED)
def test_figures_were_written_by_the_command(page: str, kind: str) -> None:
    writer = WRITERS[kind]
    assert text(page) == writer.rewrite(page, text(page), read_json(writer.KEPT))


def test_every_mark_has_its_writer_and_every_writer_its_marks() -> None:
    assert {(page, kind) for kind in WRITERS for page in WRITERS[kind].PAGES} == set(MARKED)
    for page in PAGES:
        shown = text(page)
        assert shown.count("<!-- end -->") == len(
            re.findall(rf"^<!-- (?:{'|'.join(WRITERS)}): ", shown, re.MULTILINE)
        )
        assert not re.search(r"<!--= \w+ --><!--/-->", shown), "a figure is missing"


def test_every_page_is_written_again_from_what_is_kept(tmp_path: Path) -> None:
    """A copy of them with every block emptied becomes what it was."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    for readme in READMES:
        shutil.copy(ROOT / readme, tmp_path)
    for page in {page for page, _ in MARKED}:
        emptied, count = re.subn(
            r"(<!-- \w+: [\w-]+ -->\n).*?(<!-- end -->)", r"\1\2", text(page), flags=re.DOTALL
        )
        assert count
        (tmp_path / page).write_text(emptied, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "docs.figures.write_pages"], cwd=tmp_path, check=True)
    for page in PAGES:
        assert (tmp_path / page).read_text(encoding="utf-8") == text(page)


def test_quoted_fine_tuning_keeps_what_it_promises() -> None:
    """The quoted figures; tests/promises/test_full_mnist.py measures some of them again."""
    figures = read_json(MEASURED / "finetune.json")
    for recipe, accuracy, seconds in (("default", 0.989, 30), ("best", 0.99, 300)):
        of = figures[recipe]
        assert len(of) == write_finetune.SEEDS[recipe]
        assert statistics.mean(one["test_accuracy"] for one in of) >= accuracy
        assert statistics.mean(one["seconds"] for one in of) <= seconds
        assert {one["source_accuracy"] for one in of} == {0.9035}
    rows = {row["strategy"]: row for row in figures["mnist"]["rows"]}
    assert rows["full"]["epochs_to"] <= rows["scratch"]["epochs_to"]
    assert rows["naive"]["test_accuracy"] < rows["scratch"]["test_accuracy"]
    for shots, points in ((1, 0.15), (5, 0.05)):
        scratch, *others = figures[f"digits-{shots}"]["rows"]
        assert max(row["test_accuracy"] for row in others) >= scratch["test_accuracy"] + points


def test_quoted_verdicts_are_on_all_examples() -> None:
    found = read_json(MEASURED / "check.json")
    assert {f"{name}.py" for name in found} == {p.name for p in (ROOT / "examples").glob("*.py")}


def test_quoted_comparison_is_what_a_run_gives(default_run: Path) -> None:
    quoted = read_json(MEASURED / "figures.json")["comparison"]["results"]
    measured = read_json(default_run / "results.json")
    allowed = TOLERANCES["other_kernels"].relative
    assert quoted["epochs"] == measured["epochs"]
    assert quoted["exact_holds"] is measured["exact_holds"] is True
    assert list(quoted["lanes"]) == list(measured["lanes"])
    for lane, row in quoted["lanes"].items():
        again = measured["lanes"][lane]
        for loss in ("first_loss", "last_loss"):
            assert row[loss] == pytest.approx(again[loss], rel=allowed)
        assert row["test_accuracy"] == pytest.approx(again["test_accuracy"], abs=0.005)
    assert quoted["lanes"]["exact"]["max_ulp"] == measured["lanes"]["exact"]["max_ulp"] == 0


def test_moving_picture_is_of_the_quoted_comparison() -> None:
    """Its losses and distances are the table's; what it says of the exact lane is so."""
    drawn = read_json(write_lockstep.KEPT)
    picture = write_lockstep.PICTURE.read_text(encoding="utf-8")
    assert picture == write_lockstep.drawn(drawn)
    assert len(picture) < 100_000
    quoted = read_json(MEASURED / "figures.json")["comparison"]["results"]
    assert drawn["epochs"][-1] + 1 == quoted["epochs"]
    for lane, losses in drawn["losses"].items():
        assert np.float32(losses[-1]) == np.float32(quoted["lanes"][lane]["last_loss"])
    for lane, far in drawn["distances"].items():
        assert max(far) == quoted["lanes"][lane]["max_rel"]
    assert "exact: 0 in every epoch" in picture
    assert max(drawn["distances"]["exact"]) == 0
    assert drawn["read"] == dict.fromkeys(write_lockstep.LANES, 3)


def test_quoted_ablation_is_of_all_causes_and_a_thousand_epochs() -> None:
    """Its kinds are those that tests/commands/test_ablate.py measures again."""
    quoted = read_json(MEASURED / "figures.json")["ablation"]["results"]
    assert quoted["epochs"] == 1000
    assert {cause: row["kind"] for cause, row in quoted["causes"].items()} == KINDS


def test_quoted_traps_are_all_of_them() -> None:
    quoted = read_json(MEASURED / "traps.json")["traps"]
    shown = {name: {**trap._asdict(), "side": None} for name, trap in TRAPS.items()}
    assert {name: {**of, "off": None, "side": None} for name, of in quoted.items()} == {
        name: {**trap, "off": None} for name, trap in shown.items()
    }


@pytest.mark.parametrize("name", TRAPS)
def test_quoted_trap_is_one_and_the_line_instead_is_out_of_it(name: str) -> None:
    """Both lines are run; the digits beyond the second may be another processor's."""
    quoted = read_json(MEASURED / "traps.json")["traps"][name]["off"]
    found = distances(name, read_json(write_traps.TENSORFLOW_1)[name])
    for off in (quoted, found):
        assert max(off["instead"].values()) < ROUNDING
        farthest = max(off["written"].values())
        assert farthest < ROUNDING if name == "adagrad" else farthest > 1e-3
    assert found["written"] == pytest.approx(quoted["written"], rel=0.02, abs=ROUNDING)


def test_recorded_traps_are_genuine() -> None:
    recorded = read_json(write_traps.TENSORFLOW_1)
    found = write_traps.record(tf115_python())
    assert list(found) == list(recorded)
    for name, of in found.items():
        assert of.keys() == recorded[name].keys()
        for updates, arrays in of.items():
            for array, kept in zip(arrays, recorded[name][updates], strict=True):
                assert np.array(array) == pytest.approx(np.array(kept), rel=1e-4, abs=1e-6)
