"""The site: every page is in it, no link leads nowhere, both languages can be searched."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import playwright.sync_api as playwright
import pytest
import yaml

from docs.site import hooks
from tests.conftest import ROOT
from tests.support.docs_pages import DOCS

PAGES = {page.removeprefix("docs/").replace("README.md", "index.md") for page in DOCS}

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Requests are not of interest."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make site` builds it, but not into build/; with a repository, as on GitHub."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    settings = {"NO_MKDOCS_2_WARNING": "1", "REPOSITORY_URL": "https://example.org/here"}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_and_notebook_is_in_the_site_in_its_language(site: Path) -> None:
    notebooks = {f"tutorial/{path.name}" for path in (ROOT / "docs/tutorial").glob("*.ipynb")}
    for page in PAGES | notebooks:
        shown = (site / page).with_suffix(".html").read_text(encoding="utf-8")
        assert f'<html lang="{"zh" if "zh-CN" in page else "en"}"' in shown
        assert not re.search(r'(?:src|<link [^>]*href)="https?:', shown)  # nothing from elsewhere


def test_what_is_not_in_the_site_is_linked_in_the_repository(site: Path) -> None:
    linked = "".join(page.read_text(encoding="utf-8") for page in site.rglob("*.html"))
    targets = set(re.findall(r'href="https://example.org/here/blob/main/([^"#]+)', linked))
    assert {"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "examples/article.py"} <= targets
    assert all((ROOT / target).exists() for target in targets)


def test_without_a_repository_such_links_are_words() -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="do/check.md"))
    shown = "[README](../../README.md) [here](rewrite.md) [run](../tutorial/tutorial.ipynb)"
    config = SimpleNamespace(repo_url="")
    assert hooks.on_page_markdown(shown, page, config, None) == (
        "README [here](rewrite.md) [run](../tutorial/tutorial.md)"
    )


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
def test_both_languages_can_be_searched(site: Path) -> None:
    """A Chinese word is found within a sentence, where no space sets it off."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        playwright.sync_playwright() as driver,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        for home, word, hit in (
            ("index.html", "checkpoint", "do/rewrite.html"),
            ("zh-CN/index.html", "手写板", "zh-CN/do/own-digits.html"),
        ):
            page.goto(f"http://127.0.0.1:{server.server_port}/{home}?q={word}")
            page.locator(f".md-search-result__link[href*='/{hit}']").first.wait_for(
                state="attached"
            )
        browser.close()
        server.shutdown()


def test_github_pages_gets_what_make_site_makes() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["site"]["steps"]
    assert "make site" in [step.get("run") for step in steps]
    (path,) = [step["with"]["path"] for step in steps if "upload" in step.get("uses", "")]
    assert f"\nsite_dir: {path}\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
