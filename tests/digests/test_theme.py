"""The look of an installation: its name, colours, fonts and width."""

from dataclasses import replace

import pytest

from monitor.digests.palette import LIGHT, themed
from monitor.digests.render import render
from monitor.models import Theme
from tests.config.golden import loaded, said_of
from tests.digests.digest_samples import DIGEST


def test_a_digest_wears_the_theme_of_the_installation() -> None:
    theme = Theme(name="Desk & Co", accent="#7a1f2b", font="Roboto, serif", width=560)

    html = render(replace(DIGEST, theme=theme)).html

    assert ">Desk &amp; Co<" in html
    assert "#7a1f2b" in html
    assert LIGHT.accent not in html
    assert "Roboto, serif" in html
    assert "max-width:560px" in html or "max-width: 560px" in html


def test_a_theme_changes_the_accents_and_nothing_else() -> None:
    light, dark = themed(Theme(accent="#000000", accent_dark="#ffffff"))

    assert replace(light, accent=LIGHT.accent) == LIGHT
    assert (light.accent, dark.accent) == ("#000000", "#ffffff")


def test_the_theme_is_read_from_the_configuration() -> None:
    found = loaded('[theme]\nname = "Desk"\naccent = "#7A1F2B"').theme

    assert (found.name, found.accent, found.width) == ("Desk", "#7a1f2b", 640)


@pytest.mark.parametrize(
    ("theme", "problem"),
    [
        ('accent = "#ffff00"', "is hard to read on light grounds: contrast 1.0"),
        ('accent_dark = "#222222"', "is hard to read on dark grounds"),
        ('accent = "red"', 'write a colour such as "#0b6158"'),
        ('font = "x; } body { display: none"', "write fonts such as"),
        ("width = 20", "320"),
    ],
)
def test_a_look_that_nobody_can_read_is_refused(theme: str, problem: str) -> None:
    assert problem in said_of(f"[theme]\n{theme}")
