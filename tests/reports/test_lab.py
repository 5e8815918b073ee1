"""The lab of a comparison's page, in a browser: it trains as the lanes do, live."""

import base64
import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reports.browser import Open
from tf1_compat.program import Program
from training import data
from training.data import Examples
from training.lanes.by_hand import Backpropagation
from training.machine.files import read_json
from training.parity.distance import relative_distance
from training.parity.tolerances import TOLERANCES

IN_FLOAT64 = """async (epochs) => {
    const { digits, initial, adam } = await lab.ready;
    const network = new Network(Float64Array, initial, adam);
    const losses = [], weights = [];
    const base64 = (of) => btoa(Array.from(of, (byte) => String.fromCharCode(byte)).join(""));
    for (let epoch = 1; epoch <= epochs; epoch++) {
        const training = network.epoch(digits);
        let step = training.next();
        while (!step.done) step = training.next();
        losses.push(step.value);
        if (epoch > 1 && epoch < epochs) continue;
        const now = Object.entries(network.weights);
        weights.push(now.map(([name, of]) => [name, base64(new Uint8Array(of.buffer))]));
    }
    return [losses, weights];
}"""

IN_LOCKSTEP = """async ([epochs, causes]) => {
    const { digits, initial, adam } = await lab.ready;
    const lanes = new Lanes(digits, initial, adam);
    causes.forEach((cause) => lanes.causes.add(cause));
    while (lanes.epochs < epochs) for (const _ of lanes.epoch());
    const { losses, apart, parted, differing } = lanes;
    return { losses, apart, parted, differing };
}"""


@pytest.fixture(scope="module")
def page(opened: Open, page_run: Path) -> Any:
    return opened(page_run)


@pytest.fixture(scope="module")
def train(page_run: Path) -> Examples:
    """What the run trained on; no more rows than the lab has."""
    return data.load(read_json(page_run / "config.json")["data"]).train


def test_the_lab_computes_what_the_numpy_lane_does(page: Any, train: Examples) -> None:
    """Losses of ten epochs, and every weight after the first and the last."""
    losses, weights = page.evaluate(IN_FLOAT64, 10)
    lane = Backpropagation(train.x, train.y, Program(train.x, train.y, seed=1234).weights())
    ours = lane.steps(1)
    after = [lane.weights()]
    ours += lane.steps(9)
    after.append(lane.weights())
    most = TOLERANCES["by_hand_in_float64"].relative
    np.testing.assert_allclose(losses, ours, rtol=most)
    for theirs, of_lane in zip(weights, after, strict=True):
        arrays = dict(theirs)
        for name, array in of_lane.items():
            found = np.frombuffer(base64.b64decode(arrays[name])).reshape(array.shape)
            np.testing.assert_allclose(found, array, rtol=0, atol=most * np.abs(array).max())


def test_in_float32_it_follows_the_run_and_no_bit_parts_without_a_cause(
    page: Any, page_run: Path
) -> None:
    found = page.evaluate(IN_LOCKSTEP, [5, []])
    with (page_run / "history.csv").open() as file:
        run = np.array([row["tf1"] for row in csv.DictReader(file)], np.float32)
    apart = relative_distance(np.array(found["losses"][0], np.float32), run)
    assert apart.max() < TOLERANCES["other_kernels_first_epochs"].relative
    assert found["losses"][0] == found["losses"][1]
    assert (found["parted"], found["differing"]) == ({"loss": None, "weight": None}, 0)


@pytest.mark.parametrize(
    ("cause", "name"), [("epsilon", "W1"), ("one_minus_beta", "W1"), ("bias_add", "b1")]
)
def test_each_cause_parts_the_weights_at_the_first_update(page: Any, cause: str, name: str) -> None:
    found = page.evaluate(IN_LOCKSTEP, [2, [cause]])
    weight = found["parted"]["weight"]
    assert weight["updates"] == 1
    assert weight["name"].startswith(name)
    assert found["apart"][0] == 0
    assert found["parted"]["loss"] == ({"epoch": 1} if found["apart"][1] else None)
    assert found["differing"] < (1000 if cause == "bias_add" else 101_770)


def test_a_slider_goes_through_the_weights_of_the_run(
    page: Any, page_run: Path, train: Examples
) -> None:
    """Before training, after 1 and 3 epochs, at the end: TensorFlow 1's, but for a byte of W1."""
    program = Program(train.x, train.y, seed=1234)
    x = train.x[9:10]
    epoch = page.locator("#look-epoch")
    page.locator("#look-row").fill("9")
    page.locator("#look-row").press("Enter")
    done = 0
    said_of = {0: "before training", 1: "after 1 epoch", 3: "after 3 epochs", 5: "after 5 epochs"}
    for stop, (updates, when) in enumerate(said_of.items()):
        while done < updates:
            program.step()
            done += 1
        epoch.fill(str(stop))
        assert page.locator("#look-recorded").is_checked()
        assert page.locator("#look-when").inner_text() == when
        logits = program.logits(x)[0]
        powers = np.exp(logits - logits.max())
        said = page.locator("#look-chances li").evaluate_all(
            "all => all.map(li => +li.dataset.chance)"
        )
        np.testing.assert_allclose(said, powers / powers.sum(), atol=5e-3)
    page.locator("#look-live").check()


def numbers(page: Any, line: str) -> list[float]:
    """What a line of the look inside says."""
    said = page.locator(f"#look-{line}").inner_text().replace("−", "-")
    return [float(one) for one in re.findall(r"-?[\d.]+(?:e-\d+)?", said)]


def test_every_number_from_a_pixel_to_a_class_can_be_read(page: Any, train: Examples) -> None:
    """By mouse, keys and number; as NumPy computes them from the weights that it starts from."""
    w = Program(train.x, train.y, seed=1234).weights()
    page.locator("#look-row").fill("123")
    page.locator("#look-row").press("Enter")
    x = train.x[123]
    hidden = np.maximum(x @ w["W1"] + w["b1"], 0)
    logits = hidden @ w["W2"] + w["b2"]
    assert page.locator("#look-truth").inner_text() == f"It is a {train.labels[123]}."
    page.locator("#look-ink").hover(position={"x": 1, "y": 1})
    pixel = int(numbers(page, "weight")[2])
    assert pixel == 0
    for key, step in (("ArrowDown", 28), ("ArrowRight", 1)):
        for _ in range(14):
            page.locator("#look-ink").press(key)
            pixel += step
    page.locator("#look-hidden").click(position={"x": 1, "y": 1})
    page.locator("#look-hidden").press("ArrowRight")
    page.locator("#look-chances li").nth(3).hover()
    ours = {
        "weight": (x[406], 1, 406, 1, w["W1"][406, 1], x[406] * w["W1"][406, 1]),
        "unit": (1, 784, x @ w["W1"][:, 1], 1, w["b1"][1], hidden[1]),
        "out": (hidden[1], 2, 1, 3, w["W2"][1, 3], hidden[1] * w["W2"][1, 3]),
        "logit": (3, 128, hidden @ w["W2"][:, 3], 2, w["b2"][3], logits[3]),
    }
    assert pixel == 406
    for line, values in ours.items():
        np.testing.assert_allclose(numbers(page, line)[: len(values)], values, rtol=1e-3)
    said = page.locator("#look-chances li").evaluate_all("all => all.map(li => +li.dataset.chance)")
    powers = np.exp(logits - logits.max())
    np.testing.assert_allclose(said, powers / powers.sum(), atol=1e-5)


def test_it_trains_live_and_the_page_stays_responsive(page: Any) -> None:
    """Frames go on while it trains; a cause that is switched on shows; it begins anew."""
    page.locator("#lab").scroll_into_view_if_needed()
    page.evaluate(
        """() => {
            window.frames_ = [];
            const note = (now) => { window.frames_.push(now); requestAnimationFrame(note); };
            requestAnimationFrame(note);
        }"""
    )
    run = page.locator("#lab-run")
    assert run.inner_text() == "Run"
    run.click()
    assert run.inner_text() == "Pause"
    epochs = "() => +document.getElementById('lab-epochs').textContent"
    page.wait_for_function(f"() => ({epochs})() >= 2")
    run.click()
    page.wait_for_timeout(1000)  # what was begun ends
    took = np.diff(page.evaluate("() => window.frames_"))
    assert np.median(took) < 34, took  # 17 where nothing else runs
    reached = page.evaluate(epochs)
    assert "Every bit" in page.locator("#lab-parted").inner_text()
    assert page.locator(".bits mark").count() == 0
    page.get_by_label("epsilon").check()
    for more in (1, 2):
        page.get_by_role("button", name="One epoch").click()
        page.wait_for_function(f"() => ({epochs})() === {reached + more}")
    assert f"after update {reached + 1}" in page.locator("#lab-parted").inner_text()
    assert f"first differ at epoch {reached + 1}" in page.locator("#lab-parted").inner_text()
    bits = page.locator(".bits code").all_text_contents()
    assert [len(of.replace(" ", "")) for of in bits] == [32, 32]
    assert page.locator(".bits mark").count() > 0
    assert page.locator("#lab-loss polyline").count() == 2
    page.get_by_role("button", name="Start again").click()
    assert page.evaluate(epochs) == 0
    assert page.locator("#lab-parted li").count() == 0
