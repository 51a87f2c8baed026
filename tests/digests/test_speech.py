"""Digests in other languages: all words are there, and Arabic runs from right to left."""

import io
import re
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from markupsafe import Markup

from monitor.digests import wording
from monitor.digests.render import render, templates_dir
from monitor.digests.speech import LANGUAGES, listed, plural, say, speaking
from tests.digests.digest_samples import DIGEST

GOLDEN = Path(__file__).parent / "golden"
OTHERS = sorted(set(LANGUAGES) - {"en"})
SOURCES = Path(wording.__file__).parent
_SAID = re.compile(r"""\bsay\(\s*["']([^"']+)["']""")
_ALTERNATIVE = re.compile(r"""\bsay\([^)]*?\belse\s+["']([^"']+)["']""")
_COUNTED = re.compile(
    r"""plural\((?:[^()]*?, )?["'](\w[\w ]*)["'], ["'](\w[\w ]*)["']\)"""
)


def catalog(language: str) -> dict[str, tuple[str, ...]]:
    """The translations of a language, by their English words."""
    path = resources.files("monitor.digests") / "locale" / f"{language}.po"
    found = read_po(io.StringIO(path.read_text("utf-8")), locale=language)
    said: dict[str, tuple[str, ...]] = {}
    for message in found:
        if message.id:
            ids, forms = _tuple(message.id), _tuple(message.string or "")
            said[ids[0]] = forms
    return said


def _tuple(value: object) -> tuple[str, ...]:
    many = value if isinstance(value, list | tuple) else (value,)
    return tuple(str(one) for one in many)


def spoken() -> set[str]:
    """All words that templates and wording say."""
    texts = [path.read_text("utf-8") for path in templates_dir().glob("digest.*.j2")]
    texts += [path.read_text("utf-8") for path in SOURCES.glob("*.py")]
    found: set[str] = set()
    for text in texts:
        found |= set(_SAID.findall(text)) | set(_ALTERNATIVE.findall(text))
        found |= {f"{{n}} {one}" for one, _ in _COUNTED.findall(text)}
    known = (*wording._CAUSES.values(), *wording._PLACES.values())
    return found | set(known) | {wording._PROMISE}


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_is_translated(language: str) -> None:
    there = catalog(language)

    missing = {text for text in spoken() if text not in there}
    assert missing == set()
    assert all(all(forms) for forms in there.values())


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_of_its_original(language: str) -> None:
    for text, forms in catalog(language).items():
        places = set(re.findall(r"{\w+}", text)) - {"{n}"}
        for form in forms:
            assert set(re.findall(r"{\w+}", form)) - {"{n}"} == places, text


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 1, "1 story"),
        ("en", 3, "3 stories"),
        ("tr", 3, "3 haber"),
        ("ar", 1, "قصة واحدة"),
        ("ar", 2, "قصتان"),
        ("ar", 3, "3 قصص"),
        ("ar", 11, "11 قصة"),
        ("ar", 100, "100 قصة"),
        ("xx", 2, "2 stories"),
    ],
)
def test_nouns_count_as_their_language_does(
    language: str, count: int, said: str
) -> None:
    with speaking(language):
        assert plural(count, "story", "stories") == said


def test_a_language_is_spoken_for_a_while_only() -> None:
    with speaking("tr"):
        assert say("copy") == "kopya"
    assert say("copy") == "copy"


def test_names_are_listed_as_the_language_lists_them() -> None:
    assert listed(["Idlib", "Grain", "Ports"]) == "Idlib, Grain and Ports"
    with speaking("tr"):
        assert listed(["Idlib", "Tahıl"]) == "Idlib ve Tahıl"


def test_markup_stays_markup_and_the_rest_is_escaped() -> None:
    found = say("met in {source} <b>", source=Markup("<em>x</em>"))
    plain = say("{feed}: {error}", feed=Markup("<i>f</i>"), error="<script>")

    assert found == Markup("met in <em>x</em> &lt;b&gt;")
    assert plain == Markup("<i>f</i>: &lt;script&gt;")


def test_no_attribute_can_be_reached_by_a_text() -> None:
    assert say("{x.__class__} {x}", x="y") == "{x.__class__} y"


@pytest.mark.parametrize("language", OTHERS)
def test_a_digest_speaks_the_language_of_its_subscriber(language: str) -> None:
    found = render(replace(DIGEST, language=language))

    for name, text in (("txt", found.text), ("html", found.html)):
        path = GOLDEN / f"digest.{language}.{name}"
        if not path.exists():
            path.write_text(text, "utf-8")
        assert text == path.read_text("utf-8")
    assert "Why" not in found.text
    assert f'<html lang="{language}"' in found.html


def test_an_arabic_digest_runs_from_right_to_left() -> None:
    found = render(replace(DIGEST, language="ar"))

    assert '<html lang="ar" dir="rtl"' in found.html
    bare = re.sub(r' (class|style|lang)="[^"]*"', "", found.html)
    assert '<div dir="ltr">' in bare
    assert "text-align:right" in found.html.replace(": ", ":")
