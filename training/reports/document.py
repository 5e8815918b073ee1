"""`report.html`: one file that needs nothing else and from which no request leaves.

`write` fills a template, puts style, scripts and data into the page, and a policy that lets a
browser run these scripts and no others.
"""

import base64
import functools
import hashlib
import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from training.command_line import output, words
from training.machine import files
from training.parity import distance
from training.runs import names

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

STYLE = tuple(f"style/{part}.css" for part in ("page", "tables", "charts", "pad", "lab"))
PAGE = tuple(f"page/{part}.js" for part in ("page", "index", "copy"))
"""What every page has."""
PAD = ("pad/mnist_form.js", "pad/answers.js", "pad/pad.js")
"""The scripts of a page with a pad to draw a digit on."""
LAB = tuple(f"lab/{part}.js" for part in ("network", "lanes", "curves", "lab", "grid", "look"))
"""Those of the lab, after the pad's."""
LARGEST = 8_000_000
"""Bytes of a page, at most; what is put into it is cut to that, and the page says so."""
MARKUP = 250_000
"""Bytes of its text, style and own scripts, at most."""
SCRIPT = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Where a script goes, after all that is shown. Scripts are nine tenths of a page, and within one
text with Chinese in it each of their characters would take two bytes or four."""

_CHINESE_MARK = re.compile(
    r'(<span class="en">[^<]*)'
    r'(</span><span class="zh" lang="zh-CN">[^<]*[，。：；！？）”]</span>)\s+'
)
"""A mark that needs no room beside it, and white space, which the English text needs."""


_EXPONENT = re.compile(r"[\d.]+e[-+]\d+")


class Text(NamedTuple):
    """What the page says, in both of its languages."""

    en: str
    zh: str


@functools.cache
def _environment() -> "jinja2.Environment":
    """Return what reads the templates, each once a process."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("training.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "ensure_ascii": False}
    environment.filters["distance"] = lambda value: _whole(distance.shown(value))
    environment.filters["whole"] = _whole
    return environment


def write(
    folder: Path,
    template: str,
    config: Any,
    data: Mapping[str, Any],
    scripts: tuple[str, ...] = (),
    **shown: Any,
) -> None:
    """Write `folder`/report.html from `template`, which sees `shown` and the run's setting.

    `data` is what the `scripts` read, and what JSON knows; where "charts" are in it they are drawn.
    The folder holds config.json and environment.json already.
    """
    from markupsafe import Markup

    drawn = "charts" in data
    sources = [*([_plotly()] if drawn else []), *map(_own, PAGE)]
    sources += map(_own, (*(["charts/charts.js"] if drawn else []), *scripts))
    page = _environment().get_template(template)
    text = page.render(
        command=words.again(config),
        environment=files.read_json(folder / "environment.json"),
        config=files.read_json(folder / "config.json"),
        data=data,
        policy=_policy(sources),
        style=Markup("".join(map(_own, STYLE))),
        scripts=[SCRIPT] * len(sources),
        **shown,
    )
    first, *others = _CHINESE_MARK.sub(r"\1 \2", text).rsplit(SCRIPT, len(sources))
    with (folder / output.PAGE).open("w", encoding="utf-8", newline="\n") as file:
        file.write(first)
        for source, after in zip(sources, others, strict=True):
            file.writelines((source, after))


def _whole(text: str) -> "Markup":
    """Return `text`, escaped, with marks that no line breaks inside a number like 8.0e-06."""
    from markupsafe import Markup, escape

    return Markup(_EXPONENT.sub(r'<span class="whole">\g<0></span>', str(escape(text))))


def room(data: Mapping[str, Any]) -> int:
    """Return how many bytes a page with `data` and charts has left."""
    return LARGEST - MARKUP - len(_plotly()) - len(json.dumps(data))


def final(folder: Path) -> str:
    """Return the name that the run in `folder` has when it is done."""
    return str(folder).removesuffix(names.UNFINISHED)


def _policy(scripts: list[str]) -> str:
    """Return a Content-Security-Policy under which nothing is loaded and only `scripts` run."""
    hashes = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{one}'" for one in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _plotly() -> str:
    """Return Plotly's script as its wheel carries it, licence included."""
    return resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text("utf-8")


def _own(name: str) -> str:
    return resources.files("training.reports").joinpath("templates", name).read_text("utf-8")
