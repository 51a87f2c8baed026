"""Render pages: one layout with the look of the digests, no script, no foreign asset."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from monitor.digests.palette import themed
from monitor.digests.render import templates_dir
from monitor.models import Theme
from monitor.storage.database import from_micros
from monitor.text.urls import is_web, redacted
from monitor.text.words import clean, one_line

_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# A digest has its styles inside, as mail needs it.
_DIGEST_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


def _when(at: datetime, zone: ZoneInfo) -> str:
    """A time by the service's clock: "Sun 22 Nov, 09:40"."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _short(url: str) -> str:
    return one_line(url.partition("://")[2], 90)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "when": _when,
        "short": _short,
        "sentence": _sentence,
        "redacted": redacted,
        "safe_url": is_web,
        "from_micros": from_micros,
    }
    return environment


def page(template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - what a template shows
    """A page from ``templates/web``."""
    text = _environment().get_template(f"web/{template}.html.j2").render(**values)
    headers = {**_HEADERS, "content-security-policy": _POLICY}
    return HTMLResponse(text, status, headers=headers)


def digest_page(html: str) -> Response:
    """A digest as it was sent."""
    headers = {**_HEADERS, "content-security-policy": _DIGEST_POLICY}
    return HTMLResponse(html, headers=headers)


def style(theme: Theme) -> Response:
    """The style sheet, in the colours of the digests."""
    light, dark = themed(theme)
    template = _environment().get_template("web/style.css.j2")
    text = template.render(light=light, dark=dark, theme=theme)
    headers = {"cache-control": "max-age=3600", "x-content-type-options": "nosniff"}
    return Response(text, media_type="text/css", headers=headers)
