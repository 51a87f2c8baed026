"""A page to look at a digest before it goes out: in all languages, parts and widths."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.digests.palette import DARK, LIGHT
from monitor.digests.render import render, templates_dir
from monitor.digests.speech import LANGUAGES
from monitor.models import Digest

_STYLES = re.compile(
    r"<style\b.*?</style>|\sstyle=(?:\"[^\"]*\"|'[^']*')", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A digest in one language; ``bare`` is its HTML without any style."""

    language: str
    html: str
    bare: str
    text: str


def viewer(
    digest: Digest, parts: Sequence[tuple[str, str]], own: Path | None = None
) -> str:
    """The page over a rendered digest; its own language comes first.

    ``parts`` are what the channels would send: a name and the text of the bytes.
    """
    others = [one for one in LANGUAGES if one != digest.language]
    views = [_view(digest)]
    views += [_view(render(replace(digest, language=one), own)) for one in others]
    environment = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("web/viewer.html.j2").render(
        subject=digest.subject, views=views, parts=parts, light=LIGHT, dark=DARK
    )


def _view(digest: Digest) -> View:
    return View(
        language=digest.language,
        html=digest.html,
        bare=_STYLES.sub("", digest.html),
        text=digest.text,
    )
