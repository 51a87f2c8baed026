"""Say when two articles are the same text. Pure."""

import hashlib
from collections.abc import Sequence

from monitor.models import Article
from monitor.text.url_keys import url_key
from monitor.text.words import fold, tokens

_FEWEST_WORDS = 20


def text_key(body: str) -> str | None:
    """A 64-bit hash of the words of a text; None if it has too few to tell.

    blake2b, because ``hash()`` differs from process to process.
    """
    words = _words(body)
    if len(words) < _FEWEST_WORDS:
        return None
    return hashlib.blake2b(" ".join(words).encode(), digest_size=8).hexdigest()


def _words(text: str) -> list[str]:
    return [fold(token.surface) for token in tokens(text)]


def copy_keys(article: Article) -> Sequence[tuple[str, str]]:
    """The keys (kind, hash) by which an article and its copies find each other.

    An address counts together with the title, for some sites give one address to many
    articles: a change log, a live page, the home page as everybody's canonical URL.
    """
    title = " ".join(_words(article.title))
    urls = (article.url, article.final_url, article.canonical_url)
    keys = [("url", _hash(f"{key}\n{title}")) for url in urls if (key := url_key(url))]
    if text := text_key(article.body):
        keys.append(("text", text))
    return tuple(dict.fromkeys(keys))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
