"""report.html in a real browser: Debian's Chromium, driven by Playwright, from file://."""

import base64
import re
import socket
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT, run
from tests.reports.browser import Open, canvas, strokes
from training.commands import predict
from training.data import images
from training.machine.files import read_json

SEVEN = [(80, 60), (200, 62), (190, 90), (150, 170), (128, 245)]
OFF_CENTRE = [(20, 30), (75, 20), (80, 60), (40, 90), (70, 130), (22, 150)]
DOT = [(140, 140), (140, 141)]


def answers(page: Any) -> np.ndarray:
    """Return what the bars say: [models, classes]."""
    return np.array(
        page.locator(".answer").evaluate_all(
            "all => all.map(of => [...of.querySelectorAll('li')].map(li => +li.dataset.chance))"
        )
    )


def test_a_drawn_digit_is_classified_as_python_classifies_its_pixels(
    shared: Any, page_run: Path
) -> None:
    _, sides = predict.load(page_run)
    assert list(sides) == shared.locator(".answer h3").all_inner_texts()
    for points in (SEVEN, OFF_CENTRE, DOT):
        strokes(shared, points)
        ink = canvas(shared, "pad", channel=3) / np.float32(255)
        assert 0 < (ink > 0).mean() < 0.5
        pixels = images.mnist_form(ink)
        seen = canvas(shared, "seen", channel=0).astype(int)
        assert np.abs(seen - pixels).max() <= 1
        x = seen.reshape(1, -1).astype(np.float32) / np.float32(255)
        chances = [predict.probabilities(logits(x))[0] for logits in sides.values()]
        np.testing.assert_allclose(answers(shared), chances, rtol=0, atol=1e-5)
        says = [str(of.argmax()) for of in chances]
        assert shared.locator(".says").all_inner_texts() == says
        shared.get_by_role("button", name="Clear").click()
        assert not canvas(shared, "pad", channel=3).any()
        assert shared.locator(".says").all_inner_texts() == ["–", "–", "–"]


def test_the_empty_pad_says_what_to_do_until_something_is_drawn(
    opened: Open, page_run: Path
) -> None:
    """The words are no ink, take no stroke, and are read in both themes."""
    page = opened(page_run, width=390, color_scheme="light")
    words = page.locator("#empty")
    assert words.inner_text() == "draw a digit here"
    inside, around = words.bounding_box(), page.locator("#pad").bounding_box()
    assert inside["width"] <= around["width"]
    assert inside["y"] >= around["y"]
    assert not canvas(page, "pad", channel=3).any()
    assert not canvas(page, "seen", channel=0).any()
    assert page.locator("#pad").get_attribute("aria-label").startswith("Pad: draw a digit")
    for clear in ("button", "key"):
        page.locator("#pad").scroll_into_view_if_needed()
        box = page.locator("#pad").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        assert words.is_hidden()
        page.mouse.up()
        assert words.is_hidden()
        assert canvas(page, "pad", channel=3).any()
        if clear == "button":
            page.get_by_role("button", name="Clear").click()
        else:
            page.locator("#pad").press("Delete")
        assert words.is_visible()
    page.locator("#pad").press("ArrowDown")
    assert words.is_visible()
    page.locator("#pad").press(" ")
    assert words.is_hidden()
    page.locator("#pad").press("Delete")
    colour = "one => getComputedStyle(one).color"
    on_white = words.evaluate(colour)
    page.get_by_role("button", name="Dark").click()
    assert words.evaluate(colour) != on_white
    page.get_by_role("button", name="中文").click()
    assert words.inner_text() == "在这里写一个数字"


def test_the_pages_form_of_an_image_is_pythons(shared: Any) -> None:
    """Byte by byte, on blots of every size, lines that are symmetric, and single pixels."""
    random = np.random.default_rng(0)
    inks = []
    for _ in range(30):
        height, width = random.integers(1, 60, 2)
        ink = np.zeros((70, 70), np.float32)
        top, left = random.integers(0, 70 - height), random.integers(0, 70 - width)
        blot = random.integers(0, 256, (height, width)) * (random.random((height, width)) < 0.7)
        ink[top : top + height, left : left + width] = blot / np.float32(255)
        ink[top, left] = 1
        inks += [ink, np.maximum(ink, ink[:, ::-1]), np.maximum(ink, ink[::-1])]
    made = shared.evaluate(
        """inks => inks.map((base64) => [
            ...mnistForm(new Float32Array(decode(base64).buffer), 70, 70)
        ])""",
        [base64.b64encode(ink.tobytes()).decode() for ink in inks],
    )
    theirs = np.array([images.mnist_form(ink).ravel() for ink in inks], int)
    assert np.abs(np.array(made) - theirs).max() <= 1
    assert (np.array(made) != theirs).mean() < 1e-4


def test_charts_are_there_and_change_with_what_is_chosen(shared: Any) -> None:
    page = shared
    assert page.locator(".plot .scatterlayer .trace").count() == 3 + 2
    names = page.locator("#distance .legendtext").all_text_contents()
    assert names == ["exact: 0 in every epoch", "idiomatic"]
    title = page.locator("#distance .y-title")
    assert "float32 numbers" in title.inner_text()
    page.get_by_label("relative").check()
    assert title.inner_text() == "relative distance to tf1"
    ticks = page.locator("#distance .ytick").all_text_contents()
    assert ticks
    assert all(re.fullmatch(r"\d(\.\d+)?e−\d+", tick) for tick in ticks), ticks
    page.locator("#losses").get_by_label("linear axis").check()
    assert page.evaluate("() => document.querySelector('#losses .plot').layout.yaxis.type") == (
        "linear"
    )
    units = page.locator("#units canvas")
    pictures = set()
    for view in ("before training", "after training", "change"):
        page.get_by_label(view).check()
        pictures.add(units.evaluate("canvas => canvas.toDataURL()"))
    assert len(pictures) == 3


def test_a_misread_digit_opens_in_the_pad_and_there_is_a_way_back(shared: Any) -> None:
    """Its own pixels, though the pad is larger; the agreeing models are one column until asked."""
    page = shared
    digit = page.locator("[data-digit]").nth(7)
    label = digit.inner_text()
    digit.click()
    assert page.locator(".says").first.inner_text() == re.findall(r"→ (\d)", label)[0]
    assert page.locator("#truth").inner_text() == f"it is: {label.split()[0]}"
    pixels = np.array(page.evaluate("() => [...decode(data.misread[7].pixels)]")).reshape(28, 28)
    assert (canvas(page, "seen", channel=0) == pixels).all()
    assert (canvas(page, "pad", channel=3)[5::10, 5::10] == pixels).all()
    assert page.locator(".answer").evaluate_all("all => all.map(of => of.checkVisibility())") == [
        True,
        False,
        False,
    ]
    page.get_by_label("show each").check()
    assert page.locator(".answer").last.is_visible()
    page.get_by_label("show each").uncheck()
    page.get_by_role("button", name="Back to the digits").click()
    assert page.evaluate("() => document.activeElement.dataset.digit") == "7"
    page.get_by_role("button", name="Clear").click()
    assert page.locator("#truth").inner_text() == ""
    assert page.locator("#back").is_hidden()


def test_models_that_do_not_agree_stand_apart(shared: Any) -> None:
    """One of them is given other biases at the end; what is drawn lies as it was, uncentred."""
    page = shared
    strokes(page, OFF_CENTRE)
    assert page.locator("#agreed").is_visible()
    page.get_by_label("scale and centre it").uncheck()
    ink = canvas(page, "pad", channel=3) / 255
    small = ink.reshape(28, 10, 28, 10).mean(axis=(1, 3)) * 255
    assert np.abs(canvas(page, "seen", channel=0) - small).max() <= 1
    page.get_by_label("scale and centre it").check()
    page.evaluate("() => (asking.models[2].weights = asking.models[2].weights.map((w) => w * 0.5))")
    strokes(page, DOT)
    assert page.locator(".answer").last.is_visible()
    assert page.locator("#agreed").evaluate("one => getComputedStyle(one).visibility") == "hidden"
    page.evaluate("() => (asking.models[2].weights = asking.models[2].weights.map((w) => w * 2))")
    page.get_by_role("button", name="Clear").click()


def test_the_index_leads_to_every_part_and_a_command_can_be_copied(shared: Any) -> None:
    page = shared
    links = page.locator("#index a")
    assert links.count() == page.locator("main section").count()
    links.last.click()
    assert page.evaluate("() => location.hash") == "#made"
    page.wait_for_function("() => document.querySelector('#index a[aria-current]')")
    page.evaluate("() => history.replaceState(null, '', ' ')")
    button = page.locator("#made .copy")
    button.click()
    page.wait_for_function("(one) => one.textContent === 'Copied'", arg=button.element_handle())
    assert page.evaluate("() => String(getSelection())") == page.locator("#command").inner_text()


def grave_faults(page: Any) -> list[Any]:
    """Return what axe calls serious or critical: rule, element, what to do."""
    axe = pytest.importorskip("axe_playwright_python", reason="no axe here: make test installs it")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate((resources.files(axe) / "axe.min.js").read_text(encoding="utf-8"))
    return page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
            .filter((of) => ["serious", "critical"].includes(of.impact))
            .flatMap((of) => of.nodes.map((node) => [of.id, node.target, node.failureSummary]))"""
    )


def test_axe_finds_no_serious_fault(shared: Any) -> None:
    """In English and light, in Chinese and dark, on a narrow screen, everything open."""
    for switched, width in ((False, 1200), (True, 390)):
        if switched:
            shared.locator("#language").click()
            shared.locator("#theme").click()
        shared.set_viewport_size({"width": width, "height": 800})
        assert grave_faults(shared) == []
    shared.locator("#language").click()
    shared.locator("#theme").click()
    shared.set_viewport_size({"width": 1200, "height": 800})


@pytest.mark.slow
def test_a_mark_in_a_chart_says_what_it_is_and_is_not_cut_off(opened: Open, tmp_path: Path) -> None:
    """Where the first difference is at the start, in the middle, at the end; on a phone, too."""
    folder = tmp_path / "run"
    assert run("compare", "--epochs", 3, "--lanes", "tf1", "idiomatic", "--out", folder) == 0
    where = read_json(folder / "parity.json")["lanes"]["idiomatic"]["first_difference"]
    assert where is not None
    for width in (390, 1200):
        page = opened(folder, width=width)
        mark = page.locator("#distance .annotation-text")
        assert mark.text_content() == f"idiomatic first differs at epoch {where}"
        for moved in range(3):
            page.evaluate(f"() => (data.charts.distances.marks[0].x = {moved})")
            page.evaluate("() => redraw()")
            box, plot = mark.bounding_box(), page.locator("#distance .plot").bounding_box()
            assert plot["x"] <= box["x"]
            assert box["x"] + box["width"] <= plot["x"] + plot["width"], (width, moved)
        page.get_by_role("button", name="中文").click()
        assert mark.text_content() == f"idiomatic 最先在 epoch {where} 出现差别"


@pytest.mark.slow
def test_language_and_theme_are_switched(opened: Open, page_run: Path) -> None:
    page = opened(page_run, color_scheme="light")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(background) != light
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(background) == light
    assert page.locator("h1").inner_text() == "Bit for bit the same"
    page.get_by_role("button", name="中文").click()
    assert page.locator("h1").inner_text() == "逐比特相同"
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.title() == "逐比特相同 · tf1keras"
    assert "每个 epoch 都是 0" in (page.locator("#distance .legendtext").first.text_content() or "")
    assert "手写板" in (page.locator("#pad").get_attribute("aria-label") or "")
    page.get_by_role("button", name="English").click()
    assert page.locator("h1").inner_text() == "Bit for bit the same"
    assert page.title() == "Bit for bit the same · tf1keras"
    dark = opened(page_run, color_scheme="dark", locale="zh-CN")
    assert dark.evaluate(background) != light
    assert dark.locator("h1").inner_text() == "逐比特相同"


@pytest.mark.slow
def test_language_and_theme_stay_when_a_page_is_opened_again(opened: Open, page_run: Path) -> None:
    page = opened(page_run, color_scheme="light")
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="深色").click()
    background = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.reload()
    assert page.locator("h1").inner_text() == "逐比特相同"
    assert page.evaluate(background) == dark
    assert page.get_by_role("button", name="浅色").is_visible()


def test_keys_reach_everything_and_draw(shared: Any) -> None:
    page = shared
    wanted = page.evaluate(
        """() => {
            const kinds = "a, button, summary, [tabindex], input:checked, input[type=checkbox]";
            const all = [...document.querySelectorAll(kinds)]
                .filter((one) => one.checkVisibility({ visibilityProperty: true }));
            all.forEach((one, i) => (one.dataset.reach = i));
            return all.length;
        }"""
    )
    reached = set()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.dataset.reach"))
    assert {str(number) for number in range(wanted)} <= reached
    page.locator("#pad").focus()
    for key in (" ", *8 * ["ArrowDown"], *3 * ["ArrowRight"], " "):
        page.keyboard.press(key)
    assert canvas(page, "pad", channel=3).any()
    assert page.locator("#heard").text_content() == ", ".join(
        f"{name}: {says}"
        for name, says in zip(
            page.locator(".answer h3").all_inner_texts(),
            page.locator(".says").all_inner_texts(),
            strict=True,
        )
    )
    page.keyboard.press("Delete")
    assert not canvas(page, "pad", channel=3).any()


def test_a_phone_scrolls_one_way_only_and_a_finger_draws(opened: Open, page_run: Path) -> None:
    page = opened(page_run, width=390, has_touch=True, is_mobile=True)
    for details in page.locator("details").all():
        details.evaluate("details => (details.open = true)")
    for language in ("en", "zh-CN"):
        assert page.locator("html").get_attribute("lang") == language
        assert page.evaluate("() => document.documentElement.scrollWidth") == 390
        page.locator("#language").tap()
    page.locator("#pad").tap()
    assert canvas(page, "pad", channel=3).any()
    page.locator("#look-ink").tap(position={"x": 1, "y": 1})
    assert page.locator("#look-pixel").inner_text() == "Pixel in row 0, column 0: 0 / 255 = 0"
    page.locator("#lab-step").tap()
    page.wait_for_function("() => document.getElementById('lab-epochs').textContent === '1'")


def test_the_page_may_not_load_anything(page_run: Path, chromium: Any) -> None:
    """The policy in it holds, whatever a script would try: nobody knocks at a port that listens."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto((page_run / "report.html").as_uri())
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = page.evaluate(
            """async (address) => {
                const image = new Promise((done) => {
                    const element = new Image();
                    element.onload = () => done("loaded");
                    element.onerror = () => done("refused");
                    element.src = address;
                });
                const added = document.createElement("script");
                added.textContent = "window.ran = true";
                document.body.append(added);
                const fetched = fetch(address).then(() => "loaded", () => "refused");
                const late = new Promise((done) => setTimeout(done, 2000, "asked"));
                const first = (of) => Promise.race([of, late]);
                return [await first(image), await first(fetched), window.ran ?? "refused"];
            }""",
            f"http://127.0.0.1:{server.getsockname()[1]}/x.png",
        )
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    context.close()
    assert outcome == 3 * ["refused"]


@pytest.mark.slow
def test_page_of_fine_tuning_asks_both_models(opened: Open, article: Path, tmp_path: Path) -> None:
    """Of other widths of the head: ten classes before, three after."""
    folder = tmp_path / "tuned"
    asked = ["--data", "digits[1,7-8]", "--shots", 2, "--epochs", 1, "--strategy", "head"]
    assert run("finetune", article, *asked, "--out", folder) == 0
    page = opened(folder)
    assert page.locator(".answer h3").all_inner_texts() == ["source", "fine-tuned"]
    strokes(page, SEVEN)
    x = images.mnist_form(canvas(page, "pad", channel=3) / np.float32(255)).reshape(1, -1)
    x = x.astype(np.float32) / np.float32(255)
    shown = page.locator(".answer").all()
    for box, path in zip(shown, (article, folder), strict=True):
        labels = box.locator("li > :first-child").all_inner_texts()
        origin, sides = predict.load(path)
        assert labels == [*map(str, origin.classes)]
        chances = box.locator("li").evaluate_all("lines => lines.map(li => +li.dataset.chance)")
        logits = next(iter(sides.values()))
        np.testing.assert_allclose(chances, predict.probabilities(logits(x))[0], atol=1e-5)


def test_page_of_a_check_speaks_the_language_that_is_chosen(opened: Open, tmp_path: Path) -> None:
    assert (
        run(
            "check", ROOT / "examples" / "article_exact.py", "--steps", 1, "--out", tmp_path / "run"
        )
        == 0
    )
    page = opened(tmp_path / "run", locale="zh-CN")
    assert page.locator("h1").inner_text() == "逐比特相同"
    assert page.locator(".sides tbody tr").count() > 2
    assert page.locator(".sides").bounding_box()["width"] <= 1200
    assert grave_faults(page) == []
    page.locator("#language").click()
    assert page.locator("h1").inner_text() == "Bit for bit the same"
    assert page.title() == "Bit for bit the same · tf1keras check"
