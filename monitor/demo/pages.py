"""Render the web pages of an outlet: its front page and its articles.

The markup carries what real pages carry around a text (menu, consent banner,
share buttons, related links, newsletter form), because telling these apart from
the text is what the demo shows.
"""

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.demo.formats import FORMATS
from monitor.demo.outlets import CONTENT, Edition, Published

_RELATED = 3
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
_TEMPLATES = Environment(
    loader=FileSystemLoader(CONTENT),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def front_page(edition: Edition) -> str:
    return _render("front.html", edition, published=edition.published)


def article_page(edition: Edition, one: Published) -> str:
    """The page of one article, with links to the newest others."""
    others = [other for other in edition.published if other is not one]
    return _render(
        "article.html",
        edition,
        entry=one.entry,
        url=one.url,
        at=one.at,
        related=others[:_RELATED],
        linked_data=_linked_data(edition, one),
    )


def _render(template: str, edition: Edition, **values: object) -> str:
    outlet = edition.outlet
    return _TEMPLATES.get_template(template).render(
        values,
        outlet=outlet,
        furniture=outlet.furniture,
        direction="rtl" if outlet.language in _RIGHT_TO_LEFT else "ltr",
        feed_url=edition.feed_url,
        feed_type=FORMATS[outlet.format].media_type,
    )


def _linked_data(edition: Edition, one: Published) -> dict[str, object]:
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": one.entry.title,
        "datePublished": one.at.isoformat(),
        "inLanguage": edition.outlet.language,
        "author": {"@type": "Person", "name": one.entry.byline},
        "publisher": {"@type": "Organization", "name": edition.outlet.name},
        "mainEntityOfPage": one.url,
    }
