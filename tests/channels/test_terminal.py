import asyncio
import io
import re
import sys

import pytest

from monitor.channels.terminal import Config, coloured, write_stdout
from monitor.digests.render import render
from monitor.models import Part, Receipt, Target
from tests.digests.digest_samples import DIGEST

TEXT = """SYRIA DESK, Sunday 22 November 2026

== Aleppo airstrikes (3 stories) ==

1. [URGENT] Airstrikes hit *Aleppo*, *air strikes* go on
   https://wire.example/1?a=*b*
   2 * 3 * 4 and a*b*c and [sic] and [1]
   ТРИ НАПРАВЛЕНИЯ, حلب

== A rule with a title that is so long that it goes on and on
(1 story) ==
"""


class Terminal(io.StringIO):
    """A standard output that is a terminal, or is none."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def isatty(self) -> bool:
        return self._colours


def printed(monkeypatch: pytest.MonkeyPatch, text: str, *, colours: bool) -> str:
    out = Terminal(colours=colours)
    monkeypatch.setattr(sys, "stdout", out)
    write_stdout(text)
    return out.getvalue()


def test_there_are_colours_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal = printed(monkeypatch, TEXT, colours=True)
    elsewhere = printed(monkeypatch, TEXT, colours=False)

    assert on_terminal == coloured(TEXT) + "\n"
    assert "\x1b[" in on_terminal
    assert elsewhere == TEXT + "\n"


@pytest.mark.parametrize(
    "shown",
    [
        "\x1b[1mSYRIA DESK, Sunday 22 November 2026\x1b[0m\n",
        "\x1b[1m== Aleppo airstrikes (3 stories) ==\x1b[0m\n",
        "\x1b[1m== A rule with a title that is so long that it goes on and on\n"
        "(1 story) ==\x1b[0m\n",
        "1. \x1b[1;35m[URGENT]\x1b[0m Airstrikes",
        "hit \x1b[1;33mAleppo\x1b[0m, \x1b[1;33mair strikes\x1b[0m go on\n",
        "\x1b[36mhttps://wire.example/1?a=*b*\x1b[0m\n",
        "\n   2 * 3 * 4 and a*b*c and [sic] and [1]\n",
        "\n   ТРИ НАПРАВЛЕНИЯ, حلب\n",
    ],
)
def test_headings_badges_marks_and_links_have_their_colours(shown: str) -> None:
    found = coloured(TEXT)

    assert shown in found


def test_colours_change_nothing_but_the_stars_of_marks() -> None:
    text = render(DIGEST).text

    found = coloured(text)

    plain = re.sub(r"\x1b\[[\d;]*m", "", found)
    assert plain.replace("*", "") == text.replace("*", "")
    assert found.count("\x1b[0m") * 2 == found.count("\x1b[")


def test_a_digest_is_its_text_part() -> None:
    digest = render(DIGEST)

    found = Config().render(digest, Target(address="", id="d1"))

    assert found == [Part(id="d1", target="", payload=digest.text.encode())]
    assert found[0].payload == digest.text.encode()


def test_the_text_goes_where_the_command_wants_it() -> None:
    lines: list[str] = []
    config = Config(write=lines.append)

    receipt = asyncio.run(
        config.send(Part(id="d1", target="", payload="حلب\n".encode()))
    )

    assert (lines, receipt) == (["حلب\n"], Receipt(text="printed"))


def test_a_subscriber_without_a_channel_has_one_terminal() -> None:
    found = Config()

    assert found.targets() == ("",)
    assert found.write is write_stdout
