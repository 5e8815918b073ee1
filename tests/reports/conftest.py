"""One browser for all that is tested in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser import Open


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """Debian's Chromium; skips where it, or Playwright, is not."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def opened(chromium: Any) -> Iterator[Open]:
    """Open a run's page; at the end nothing was asked of a network, and nothing complained."""
    contexts, seen, own = [], [], set()

    def open_page(folder: Path, width: int = 1200, **more: Any) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, **{"locale": "en-US"} | more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("request", lambda request: seen.append(request.url))
        file = (folder / "report.html").as_uri()
        page.goto(file)
        drawn = "document.querySelectorAll('.plot .main-svg').length > 0"
        page.wait_for_function(f"() => {drawn} || !document.querySelector('.plot')")
        own.add(file)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in seen if text not in own and not text.startswith("data:")] == []


@pytest.fixture(scope="package")
def shared(opened: Open, page_run: Path) -> Any:
    """One page for all that leave it as it was: to open one takes seconds."""
    return opened(page_run)
