"""Render a digest: subject, text part and HTML part.

Pure apart from reading the templates, which happens once. What a part says is decided
in :mod:`monitor.digests.wording`; how a value looks in :mod:`monitor.digests.filters`.

Templates see frozen values in a sandbox. Control characters are taken out of every
expression and HTML is escaped in every template, whatever its name.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

import css_inline
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    pass_context,
    sandbox,
)
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from monitor.digests import filters, wording
from monitor.digests.brief import briefs
from monitor.digests.palette import themed
from monitor.digests.speech import (
    direction,
    language,
    listed,
    plural,
    say,
    speaking,
)
from monitor.models import PLACE, Digest, DigestStory
from monitor.text.mail import encoded_size

_PACKAGE = Path(__file__).parent.parent
_NOTICES = ("notice", "test")
MAX_HTML = 89_000
"""Encoded as it is sent; from 102 kB on Gmail hides the rest of a mail."""

_MAX_OWN = 2_000_000
_MOST_TRIES = 8
# What a digest without stories, a story without words and a line of "also in" take.
_FRAME, _CARD, _ROW = 25_000, 1_850, 450
NAMES = (
    "digest",
    "subject",
    "preheader",
    "summary",
    "groups",
    "rest",
    "quiet",
    "calendar",
    "at",
    "place",
    "dir",
    "lang",
    "say",
    "light",
    "dark",
    "theme",
)
"""What every template has."""

_BLANK_LINES = re.compile(r"\n{3,}")

_INTERNAL = frozenset().union(
    sandbox.UNSAFE_FUNCTION_ATTRIBUTES,
    sandbox.UNSAFE_METHOD_ATTRIBUTES,
    sandbox.UNSAFE_GENERATOR_ATTRIBUTES,
    sandbox.UNSAFE_COROUTINE_ATTRIBUTES,
    sandbox.UNSAFE_ASYNC_GENERATOR_ATTRIBUTES,
    ("mro", "tb_frame", "tb_next", "f_locals", "f_globals", "co_code"),
)
_inliner = css_inline.CSSInliner(
    keep_at_rules=True, load_remote_stylesheets=False, minify_css=True
)


def templates_dir() -> Path:
    """Where the templates are: in the wheel inside of the package, else beside it."""
    installed = _PACKAGE / "_templates"
    return installed if installed.is_dir() else _PACKAGE.parent / "templates"


def render(digest: Digest, own: Path | None = None) -> Digest:
    """The digest with subject, text, HTML and briefs; the same values, the same bytes.

    Where the HTML would be longer than mailbox providers show, fewer stories are shown
    whole; coverage and footer are always inside. Templates in the folder ``own`` win
    over ours, one by one; they may raise anything, and take their time.
    """
    with speaking(digest.language):
        return _render(digest, own)


def _render(digest: Digest, own: Path | None) -> Digest:
    fitting = replace(digest, shown=min(digest.shown, _fitting(digest.stories)))
    found = _rendered(fitting, replace(digest, briefs=briefs(digest)), own)
    digest = fitting
    for _ in range(_MOST_TRIES):
        size = encoded_size(found.html)
        if size <= MAX_HTML or not digest.shown:
            break
        shown = int(digest.shown * MAX_HTML / size)
        digest = replace(digest, shown=min(digest.shown - 1, shown))
        found = _rendered(digest, found, own)
    return found


def render_own(digest: Digest, own: Path) -> Digest:
    """Render with somebody's own templates; for a worker, which can be stopped.

    Raises:
        ValueError: The result is too large to be a digest.
        Exception: Whatever the templates raise.
    """
    found = render(digest, own)
    if len(found.html) + len(found.text) > _MAX_OWN:
        raise ValueError(f"the templates made more than {_MAX_OWN} characters")
    return found


def _fitting(stories: Sequence[DigestStory]) -> int:
    """About how many stories have room: rendering too many first takes twice as long."""
    room = MAX_HTML - _FRAME
    for number, story in enumerate(stories):
        text = f"{story.title}{story.source}{story.excerpt}"
        others = min(len(story.articles), wording.ALSO_IN)
        room -= _CARD + encoded_size(text) + _ROW * others
        if room < 0:
            return number
    return len(stories)


def _rendered(digest: Digest, before: Digest, own: Path | None) -> Digest:
    name = "notice" if digest.kind in _NOTICES else "digest"
    subject = wording.subject(digest)
    context = _context(digest, subject)
    text = _environment(own, html=False).get_template(f"{name}.txt.j2").render(context)
    page = _environment(own, html=True).get_template(f"{name}.html.j2").render(context)
    return replace(
        digest,
        subject=subject,
        text=_tidy(text),
        html=_inliner.inline(page),
        briefs=before.briefs,
    )


def _context(digest: Digest, subject: str) -> dict[str, object]:
    """All that a template may use."""
    light, dark = themed(digest.theme)
    return {
        "digest": digest,
        "subject": subject,
        "preheader": wording.preheader(digest),
        "summary": wording.summary(digest),
        "groups": wording.groups(digest.rules, digest.stories, digest.shown),
        "rest": digest.stories[digest.shown :],
        "quiet": wording.quiet(digest),
        "calendar": filters.calendar(digest),
        "at": digest.slot or digest.now,
        "place": PLACE,
        "dir": direction(),
        "lang": language(),
        "light": light,
        "dark": dark,
        "theme": digest.theme,
    }


class _Sandbox(SandboxedEnvironment):
    """The sandbox, with its names of what is forbidden in one set: half of its time."""

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:  # noqa: ARG002 - as the base class has it
        return not attr.startswith("_") and attr not in _INTERNAL


def _loader(own: Path | None) -> BaseLoader:
    """Our templates, and before them somebody's own, which find ours as "default/"."""
    ours = FileSystemLoader(templates_dir())
    if own is None:
        return ours
    return ChoiceLoader([FileSystemLoader(own), ours, PrefixLoader({"default": ours})])


@cache
def _environment(own: Path | None, *, html: bool) -> SandboxedEnvironment:
    environment = _Sandbox(
        loader=_loader(own),
        autoescape=html,
        undefined=StrictUndefined,
        finalize=filters.finalize_html if html else filters.finalize_text,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=own is not None,
    )
    environment.filters |= FILTERS
    environment.filters["highlight"] = (
        filters.highlight_html if html else filters.highlight_text
    )
    environment.globals["headlines"] = wording.HEADLINES
    environment.globals["say"] = say
    return environment


def _tidy(text: str) -> str:
    """No white space at the ends of lines, and never two blank lines in a row."""
    lines = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return _BLANK_LINES.sub("\n\n", lines) + "\n"


# --- times need the digest that is rendered ---


def _calendar(context: Context) -> filters.Calendar:
    found: filters.Calendar = context["calendar"]
    return found


@pass_context
def _ago(context: Context, moment: datetime) -> str:
    return _calendar(context).ago(moment)


@pass_context
def _localtime(context: Context, moment: datetime) -> str:
    return _calendar(context).time(moment)


@pass_context
def _datefmt(context: Context, moment: datetime, pattern: str) -> str:
    return _calendar(context).date(moment, pattern)


FILTERS: dict[str, Callable[..., object]] = {
    "ago": _ago,
    "localtime": _localtime,
    "datefmt": _datefmt,
    "truncate_words": filters.truncate_words,
    "domain": filters.domain,
    "plural": plural,
    "listed": listed,
    "wrap": filters.wrap,
    "safe_url": filters.safe_url,
    "link": filters.link,
    "bidi": filters.bidi,
    "direction": filters.direction,
    "language_tag": filters.language_tag,
    "counts": wording.counts,
    "articles": wording.articles,
    "read": wording.read,
    "troubled": wording.troubled,
    "follows": wording.follows,
    "headline": wording.headline,
    "badges": wording.badges,
    "others": wording.others,
    "reasons": wording.reasons,
    "query": wording.query,
}
