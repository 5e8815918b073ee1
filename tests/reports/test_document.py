"""report.html: whole, escaped, small enough, and what its command line and curves say is so."""

import html
import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tyro
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import run
from tests.support.docs_pages import MEASURED
from training.command_line import words as as_words
from training.commands import table
from training.data import Digits, Examples
from training.experiments import comparison, verdict
from training.lanes.history import History
from training.machine import files
from training.machine.devices import Device
from training.machine.files import read_json
from training.options.ablate import AblateConfig
from training.options.bench import BenchConfig
from training.options.compare import CompareConfig
from training.options.finetune import FinetuneConfig
from training.options.lanes import LANES
from training.options.resume import ResumeConfig
from training.parity import judgement, ladder
from training.reports import bench, chart, document
from training.reports import compare as page
from training.reports.inside import answers, models, units

SECTIONS = [
    *("verdict", "draw", "losses", "distance", "ladder"),
    *("accuracy", "misread", "hidden-units", "lab", "next", "made"),
]
EVIL = "<script>alert(1)</script>&amp;'\""
"""In the name of a folder: `</` is a folder in it."""


class Elements(HTMLParser):
    """Every start tag of a page with its attributes, and what is in its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data

    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.tags if "id" in attributes]


@pytest.fixture(scope="module")
def text(page_run: Path) -> str:
    return (page_run / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def elements(text: str) -> Elements:
    return Elements(text)


def test_page_has_every_part(elements: Elements, text: str, page_run: Path) -> None:
    found = [attributes.get("id") for tag, attributes in elements.tags if tag == "section"]
    assert found == SECTIONS
    data = json.loads(elements.scripts[0])
    assert set(data["charts"]) == {"losses", "distances"}
    history = (page_run / "history.csv").read_text().splitlines()[1:]
    for column, series in enumerate(data["charts"]["losses"]["views"][0]["series"], 1):
        assert [*map(str, series["y"])] == [line.split(",")[column] for line in history]
    assert [model["name"] for model in data["pad"]["models"]] == ["tf1", "exact", "idiomatic"]
    assert len(data["pad"]["weights"]) == 2  # the exact lane's are TensorFlow 1's
    for digest in read_json(page_run / "parity.json")["initial_weights_sha256"].values():
        assert digest in text
    assert read_json(page_run / "environment.json")["data"]["sha256"] in text
    assert read_json(page_run / "results.json")["verdict"] in re.sub(
        r'<span class="whole">(.*?)</span>', r"\1", text
    )


def test_every_command_to_try_next_is_understood(text: str, page_run: Path) -> None:
    """It names the run as it is called when it is done, and its data."""
    part = text.partition('<section id="next">')[2].partition("</section>")[0]
    lines = [shlex.split(html.unescape(of)) for of in re.findall(r"<code>(.*?)</code>", part)]
    configs = [tyro.cli(table.grammar(), args=words) for _, *words in lines]
    assert {type(config).__name__ for config in configs} >= {"PredictConfig", "FinetuneConfig"}
    (tuning,) = (config for config in configs if isinstance(config, FinetuneConfig))
    assert tuning.source == page_run
    assert tuning.data == read_json(page_run / "config.json")["data"]


def test_no_space_stands_after_a_chinese_mark(text: str) -> None:
    """English has it there, within its own text."""
    assert not re.search(r"[，。：；！？]</span>\s", text)
    assert re.search(r'class="en">[^<]*[.:] </span><span class="zh"', text)


def test_nothing_that_is_printed_is_markup(elements: Elements, text: str, tmp_path: Path) -> None:
    """The data set's name has a script in it, and ends the script element that it is in."""
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    kinds = [attributes.get("type") for tag, attributes in elements.tags if tag == "script"]
    assert kinds == ["application/json"] + 15 * [None]
    (tmp_path / "config.json").write_text('{"rounds": 7}')
    (tmp_path / "environment.json").write_text(json.dumps({"</dd><img src=x>": [EVIL]}))
    measured = dict.fromkeys(("median_s", "min_s", "max_s", "peak_mb", "to_floor"), 1.0)
    bench.write(tmp_path, BenchConfig(), {"10": {EVIL: measured, f"{EVIL} 2": {"missing": EVIL}}})
    evil = Elements((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert [tag for tag, _ in evil.tags].count("script") == 6
    assert "img" not in [tag for tag, _ in evil.tags]
    assert list(json.loads(evil.scripts[0])["charts"]) == ["rows-10"]


def test_nothing_is_loaded_from_anywhere(elements: Elements, text: str) -> None:
    for tag, attributes in elements.tags:
        assert not {"src", "srcset", "action", "data-src"} & set(attributes), tag
        assert attributes.get("href", "data:,") == "data:,"
    (policy,) = (of["content"] for _, of in elements.tags if "http-equiv" in of)
    assert policy
    assert "default-src 'none'" in policy
    assert policy.count("'sha256-") == 15
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    own = [script for script in elements.scripts if "plotly.js v" not in script[:200]]
    assert not re.search(r"(https?:)?//\w+\.\w+", "".join(own[1:]))
    assert any("Licensed under the MIT license" in script[:300] for script in elements.scripts)


def test_every_command_has_a_page_of_what_it_measured(tmp_path: Path) -> None:
    """The figures that the documentation quotes, as bench measured them."""
    measured = [*read_json(MEASURED / "bench.json").values()][-1]["rows"]
    lines = {rows: bench.lines(of_rows) for rows, of_rows in measured.items()}
    written(tmp_path, lambda: bench.write(tmp_path, BenchConfig(), measured))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    cells = " ".join(re.findall(r"<span>([^<]*)</span></td>", text))
    for row in (row for of_rows in lines.values() for row in of_rows):
        assert " ".join(row[1:]) in cells
    charts = json.loads(Elements(text).scripts[0])["charts"]
    assert charts["rows-4000"]["names"][-1] == "floor"


def written(folder: Path, write: Any) -> None:
    """Call `write` where config.json and environment.json lie, as in a run."""
    setting = {"rounds": 7, "accuracy": 0.97}
    (folder / "config.json").write_text(json.dumps(setting))
    (folder / "environment.json").write_text("{}")
    write()


# The largest page.


def test_largest_page_is_small_enough_and_keeps_the_first_difference(tmp_path: Path) -> None:
    """Six lanes, ten thousand test rows, 50,000 epochs; no lane has another one's weights."""
    random = np.random.default_rng(0)
    shapes = {"W1": (784, 128), "b1": (128,), "W2": (128, 10), "b2": (10,)}
    lanes, epochs, first = [*LANES], 50_000, 31_234
    reference = np.linspace(100, 1, epochs, dtype=np.float32)
    losses = {lane: reference.copy() for lane in lanes}
    for lane in lanes[1:]:
        losses[lane][first::2] = np.nextafter(losses[lane][first::2], np.float32(200))
    weights = {
        lane: {name: random.normal(size=of).astype(np.float32) for name, of in shapes.items()}
        for lane in lanes
    }
    test = Examples(random.random((10_000, 784), np.float32), np.eye(10)[np.arange(10_000) % 10])
    digits = Digits("random", test, test, "0" * 64)
    found = {
        lane: judgement.compare(losses[lane], weights[lane], reference, weights["tf1"])
        for lane in lanes[1:]
    }
    config = CompareConfig(epochs=epochs)
    compared = comparison.Comparison(
        config=config,
        device=Device("CPU", 0),
        reference="tf1",
        history=History(losses, dict.fromkeys(lanes, 0.1)),
        parity=found,
        test_accuracy=dict.fromkeys(lanes, 0.1),
        initial_sha256={name: "0" * 64 for name in shapes},
        rungs={
            lane: 2 * (judgement.losses_rung(of, 0),)
            + (ladder.rung("final weights", weights[lane], weights["tf1"]),)
            for lane, of in found.items()
        },
        predicted={lane: random.integers(0, 10, 10_000) for lane in lanes},
    )
    trainees: Any = [
        SimpleNamespace(name=lane, weights=weights[lane].copy, placement={}) for lane in lanes
    ]
    files.write_json(tmp_path / "config.json", config)
    facts = {"device": "/CPU:0", "data": digits.facts()}
    files.write_json(tmp_path / "environment.json", facts)
    lockstep: Any = SimpleNamespace(
        trainees=trainees,
        initial_weights=weights["tf1"],
        recorded=dict.fromkeys(range(5), weights["exact"]),
    )
    page.write(tmp_path, compared, verdict.results(compared), digits, lockstep)
    size = (tmp_path / "report.html").stat().st_size
    assert 7_000_000 < size <= document.LARGEST
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    data = json.loads(Elements(text).scripts[0])
    drawn = data["charts"]["distances"]
    assert {mark["x"] for mark in drawn["marks"]} == {first}
    at = drawn["x"].index(first)
    for series in drawn["views"][0]["series"]:
        assert series["y"][at] == 1
        assert series["y"][:at] == at * [None]
    assert f"{len(drawn['x']):,} of 50,000 points are drawn" in text
    assert data["pad"]["left_out"]
    assert f"略去：</span>{data['pad']['left_out'][0]}" in text
    assert len(data["misread"]) == answers.MOST_DIGITS


def test_models_too_large_for_the_page_are_left_out() -> None:
    large = [np.zeros((784, 4096), np.float32), np.zeros(4096, np.float32)]
    small = [np.zeros((784, 10), np.float32), np.zeros(10, np.float32)]
    of = [(str(n), layers, range(10)) for n, layers in enumerate((large, small))]
    pad = models.pad(of, True)
    assert [model["name"] for model in pad["models"]] == ["1"]
    assert pad["left_out"] == ["0"]
    assert models.pad(of[:1], True)["models"] == []
    assert units.first(large[0]).shape == (784, 128)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30_000), st.integers(1, 8), st.data())
def test_thinning_keeps_ends_peaks_and_what_it_must(count: int, curves: int, data: Any) -> None:
    random = np.random.default_rng(count)
    every = [random.normal(size=count) for _ in range(curves)]
    must = data.draw(st.lists(st.integers(0, count - 1), max_size=6))
    kept = chart.thinned(every, must)
    assert (np.diff(kept) > 0).all()
    assert {0, count - 1, *must} <= {*kept}
    assert len(kept) <= chart.MOST_POINTS + chart.FIRST + 1 + len(must)
    for curve in every:
        assert (curve[kept].max(), curve[kept].min()) == (curve.max(), curve.min())


# The command.


@pytest.mark.parametrize(
    "config",
    [
        CompareConfig(),
        CompareConfig(
            data="npz:/tmp/it's; rm -rf $HOME/`x`\n.npz",
            manual_dir=Path("a folder/with spaces"),
            epochs=7,
            seed=0,
            lanes=("tf1", "numpy", "idiomatic"),
            hidden=(64, 32),
            cost="mse",
            l1=1e-9,
            learning_rate=0.1 + 0.2,
            dropout=0.25,
            stop_below=0.5,
        ),
        ResumeConfig(source=Path("my run/tf1"), hidden=(64,), l2=0.0, learning_rate=0.001),
        AblateConfig(causes=("epsilon", "all"), epochs=3),
        BenchConfig(rows=(10, 20), peers=("exact",), micro_batch=5),
        FinetuneConfig(source=Path("x y"), strategy=("lora", "l2-sp"), new_head=True, shots=5),
    ],
)
def test_command_makes_the_same_run(config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell and the command line read it back to the same options."""
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    name, *words = shlex.split(as_words.again(config))
    assert name == "tf1keras"
    assert tyro.cli(table.grammar(), args=words) == config


def test_command_says_what_the_environment_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_DIR", "/a b")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    before = "TF_ENABLE_ONEDNN_OPTS=0 "
    assert as_words.again(CompareConfig()) == before + "tf1keras compare"
    mnist = as_words.again(FinetuneConfig(source=Path("x"), data="mnist[0-4]"))
    assert mnist == before + "MNIST_DIR='/a b' tf1keras finetune x --data 'mnist[0-4]'"


def test_a_page_that_cannot_be_made_leaves_what_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(page, "write", broken)
    with pytest.raises(OSError, match="no space left"):
        run("compare", "--epochs", 1, "--lanes", "tf1", "--out", tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run.unfinished"]
    monkeypatch.undo()
    assert run("resume", tmp_path / "run") == 0
    assert (tmp_path / "run" / "report.html").is_file()
