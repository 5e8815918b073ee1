"""README and docs/ keep their word: commands run, examples run, links lead somewhere."""

import ast
import itertools
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import Any, get_args

import keras
import pytest
import tyro

import keras_models
from keras_models.pairing import recipes
from tests.conftest import ROOT, golden, run, tf1keras
from tests.support.docs_pages import PAGES, code_blocks, commands, links, section, text
from tests.support.losses import read_csv
from tf1_compat import checkpoint
from training import cli
from training.commands import table
from training.options.ablate import Cause
from training.parity.judgement import within_other_kernels

SHOWN = {
    "README.md": text("README.md"),
    "docs/reference/comparing.md": text("docs/reference/comparing.md"),
    "docs/do/check.md": text("docs/do/check.md"),
    "docs/do/migrate.md": text("docs/do/migrate.md"),
    "docs/do/rewrite.md": text("docs/do/rewrite.md"),
    "docs/reference/speed.md": text("docs/reference/speed.md"),
    "docs/do/fine-tuning.md": section("docs/do/fine-tuning.md", "The command"),
    "docs/do/own-digits.md": text("docs/do/own-digits.md"),
}
"""What has commands to be copied as they are."""

RUN_BY_OTHERS = ["tf1keras compare"]
"""As `make compare` of README: the fixture `default_run`, in the folder my-run."""

CAUSES_PAGES = ["docs/understand/why-keras-drifts.md", "docs/zh-CN/understand/why-keras-drifts.md"]


@pytest.fixture(scope="module")
def followed(default_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A folder to follow the pages in, with the default comparison; and the commands run there."""
    folder = tmp_path_factory.mktemp("followed")
    (folder / "examples").symlink_to(ROOT / "examples")
    shutil.copytree(default_run, folder / "my-run")
    write_under_their_names(default_run / "tf1" / "model.ckpt", folder)
    (folder / "pair.py").write_text(python_examples("docs/do/migrate.md")[0], encoding="utf-8")
    return folder, {*RUN_BY_OTHERS}


@pytest.mark.slow
@pytest.mark.parametrize("page", SHOWN)
def test_every_command_runs(
    page: str, followed: tuple[Path, set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As printed, one after the other; what a page has in common with an earlier one runs once.

    README's are run in processes of their own, as readers do, up to its list of all commands; the
    others without the start.
    """
    folder, already = followed
    monkeypatch.chdir(folder)
    if page == "docs/do/own-digits.md":
        exec(python_examples(page)[0], {})
    apart = commands(text(page).partition("## All commands")[0]) if page == "README.md" else []
    for line in commands(SHOWN[page]):
        program, *arguments = shlex.split(line)
        if program in ("make", "source") or line in already:
            continue
        assert program == "tf1keras"
        if line in apart or "--help" in arguments:
            done = tf1keras(*arguments, cwd=folder)
            assert done.returncode == 0, (line, done.stderr)
        else:
            assert run(*arguments) == 0, line
        already.add(line)
    if page == "docs/do/migrate.md":
        carried, renamed = (arrays(folder / f"{name}.keras") for name in ("carried", "yours"))
        assert carried == renamed
        own = arrays(folder / "own.keras")
        assert set(own) < set(carried)  # the exact lane's Adam holds its powers, too
        assert len(carried) - len(own) == 2
    if page == "docs/do/own-digits.md":
        found = json.loads((folder / "ours" / "finetune.json").read_text())
        assert found["source_accuracy"] < found["test_accuracy"]
        assert (folder / "ours" / "report.html").is_file()
    if page == "docs/reference/comparing.md":
        losses = read_csv(folder / "seed-0" / "history.csv")
        assert losses["tf1"].tobytes() == losses["exact"].tobytes()
        assert within_other_kernels(losses["tf1"], golden("mnist_5k-seed0")["loss"][:100])


def arrays(file: Path) -> list[bytes]:
    """The weights of a model, its optimizer's slots and the step."""
    model = keras.models.load_model(file)
    return [one.numpy().tobytes() for one in (*model.variables, *model.optimizer.variables)]


def write_under_their_names(file: Path, folder: Path) -> None:
    """Write `yours/model.ckpt`, which is `file` under the names of the page's `map.json`."""
    (example,) = code_blocks(text("docs/do/migrate.md"), "json")
    (folder / "map.json").write_text(example)
    theirs = {path: name for name, path in json.loads(example).items()}
    named = {name: theirs[path] for name, path in keras_models.article.saved_paths().items()}
    renamed = {}
    for name, array in checkpoint.read(file).items():
        first, slash, slot = name.partition("/")
        renamed[named.get(first, first) + slash + slot] = array
    checkpoint.write(folder / "yours" / "model.ckpt", renamed)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_understood(page: str) -> None:
    """Also what is not run here, for it needs a GPU, or your SOURCE, or an hour."""
    for line in commands(text(page)):
        program, *arguments = shlex.split(line)
        assert program in ("make", "source", "tf1keras")
        if program == "tf1keras" and "--help" not in arguments:
            own = [*itertools.takewhile(lambda word: word != "--", arguments)]
            tyro.cli(table.grammar(), args=own)


def python_examples(page: str) -> list[str]:
    return code_blocks(text(page), "python")


@pytest.mark.parametrize("page", ["README.md", "docs/do/check.md"])
def test_pair_example_is_a_right_pair(page: str, tmp_path: Path) -> None:
    *_, example = python_examples(page)
    (tmp_path / "pair.py").write_text(example, encoding="utf-8")
    assert cli.main(["check", str(tmp_path / "pair.py"), "--steps", "2"]) == 0


def test_every_recipe_shown_is_one() -> None:
    """And all that there are are shown."""
    rows = re.findall(r"^\| `(\{.*?\})` \|", text("docs/do/check.md"), re.MULTILINE)
    shown = [json.loads(row) for row in rows]
    assert all(list(recipes.leaves(recipe)) for recipe in shown)
    assert {name for recipe in shown for name in recipe} >= {*recipes.NAMED}


def test_python_examples_run_one_after_the_other(
    default_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And print what their comments say."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-run").symlink_to(default_run)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    names: dict[str, Any] = {}
    examples = python_examples("docs/do/from-python.md")
    for example in examples:
        exec(example, names)
    told = re.findall(r"^print\(.*\)  # (.*)$", "".join(examples), re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == told == ["0.0 0", "0 equivalent", "9"]
    assert names["state"].step == names["model"].optimizer.iterations.numpy() == 1000


@pytest.mark.parametrize("page", CAUSES_PAGES)
def test_page_of_causes_explains_each_with_its_cure(page: str) -> None:
    """A section a cause, in the command's order, with code to copy; every link has its section."""
    sections = re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", text(page), re.MULTILINE | re.DOTALL)
    assert [name for name, _ in sections] == list(get_args(Cause))
    for name, cure in sections:
        assert ("```python" in cure) == (name not in ("adam_unfused", "all")), name
    for code in python_examples(page):
        ast.parse(code)
    assert set(re.findall(r"\]\(#(\w+)\)", text(page))) == set(get_args(Cause))


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    """To a file, and to a heading in it where one is named."""
    for target, heading in links(text(page)):
        to = (ROOT / page).parent / target if target else ROOT / page
        assert to.exists(), target
        if heading:
            lines = to.read_text(encoding="utf-8").splitlines()
            titles = [line.lstrip("#").strip() for line in lines if line.startswith("#")]
            slugs = [re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles]
            assert heading in slugs, (target, heading)


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_that_is_named_is_there(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"`(?:\w+=\S+ )*make ([a-z0-9-]+)", text(page))
    named += [line.split()[1] for line in commands(text(page)) if line.startswith("make ")]
    for target in named:
        assert f".PHONY: {target}\n" in makefile, target


@pytest.mark.parametrize(
    "page", ["docs/reference/run-folder.md", "docs/zh-CN/reference/run-folder.md"]
)
def test_every_file_of_a_run_folder_is_explained(page: str, default_run: Path) -> None:
    for path in default_run.iterdir():
        assert f"`{path.name}" in text(page)


@pytest.mark.parametrize(
    "page", ["docs/understand/how-it-is-built.md", "docs/zh-CN/understand/how-it-is-built.md"]
)
def test_every_room_is_in_the_picture_of_the_house(page: str) -> None:
    """In the order of the contract that `make lint` holds, and nothing else; the walk is short."""
    (tree,) = code_blocks(text(page), "text")
    told: dict[str, list[str]] = {}
    for indent, name, files in re.findall(r"^( *)(\w+)/ +# (.*)$", tree, re.MULTILINE):
        if not indent:
            package = name
        told.setdefault(package, []).extend([name] if indent else [])
        for file in re.findall(r"[a-z0-9_]+\.py", files):
            assert (ROOT / package / (name if indent else "") / file).is_file(), file
    for package, rooms in told.items():
        there = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
        assert there == set(rooms), package
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = " | ".join(contract["tool"]["importlinter"]["contracts"][0]["layers"]).split(" | ")
    known = [layer.removeprefix("training.") for layer in layers if layer.startswith("training.")]
    assert told["training"] == [layer for layer in known if layer in told["training"]]
    for file in re.findall(r"`((?:training|keras_models|tf1_compat)/[\w/]+\.py)`", text(page)):
        assert (ROOT / file).is_file(), file
    assert len(text(page).splitlines()) < 80
