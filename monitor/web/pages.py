"""Render pages: one layout with the look of the digests, no script, no foreign asset."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from monitor.digests.palette import themed
from monitor.digests.render import templates_dir
from monitor.models import Theme
from monitor.text.words import clean

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


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


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
