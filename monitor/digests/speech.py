"""The language that a digest speaks in: its own words, plurals, dates and direction. Pure.

The English words are the keys; ``locale/tr.po`` and ``locale/ar.po`` have the others, as
gettext writes them, and are read at the first use: nothing has to be compiled.
"""

import gettext
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources

from babel import Locale
from babel.lists import format_list
from markupsafe import Markup, escape

LANGUAGES = {"en": Locale("en", "GB"), "tr": Locale("tr"), "ar": Locale("ar")}
_RIGHT_TO_LEFT = ("ar",)

_PLACE = re.compile(r"\{(\w+)\}")
_spoken: ContextVar[str] = ContextVar("spoken", default="en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language while the block lasts; English where it is not known."""
    token = _spoken.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _spoken.reset(token)


def locale() -> Locale:
    """The locale of the language that is spoken now."""
    return LANGUAGES[_spoken.get()]


def direction() -> str:
    """The direction in which it is written: "ltr" or "rtl"."""
    return "rtl" if _spoken.get() in _RIGHT_TO_LEFT else "ltr"


def language() -> str:
    """The tag of the language that is spoken now."""
    return _spoken.get()


@cache
def _words(name: str) -> gettext.NullTranslations:
    if name == "en":
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = resources.files("monitor.digests") / "locale" / f"{name}.po"
    catalog = read_po(io.StringIO(path.read_text("utf-8")), locale=name)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def say(text: str, **values: object) -> str:
    """Our words in the language that is spoken, with values put into their places.

    Markup among the values makes markup of it all. Only names are looked up: the text
    may come from somebody's template, and ``str.format`` would show it anything.
    """
    spoken = _words(_spoken.get()).gettext(text)
    if any(isinstance(value, Markup) for value in values.values()):
        filled = _PLACE.sub(lambda place: str(escape(values[place[1]])), escape(spoken))
        return Markup(filled)  # noqa: S704 - each piece was escaped
    return _PLACE.sub(lambda place: str(values[place[1]]), spoken) if values else spoken


def plural(count: int, one: str, many: str) -> str:
    """A number with its noun: "1 story", "3 stories", as the language counts."""
    words = _words(_spoken.get())
    found = words.ngettext(f"{{n}} {one}", f"{{n}} {many}", count)
    return found.replace("{n}", str(count))


def listed(names: Sequence[str]) -> str:
    """Names as people list them: "Idlib, Grain and Ports"."""
    return format_list(list(names), locale=locale())
