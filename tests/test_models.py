import dataclasses
import io
import logging
import pprint
import sys

import pytest

from monitor.models import Article, Fetched, PageState, Part, Secret

CANARY = "hunter2-canary"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A configuration that holds a secret, as a channel's does."""

    name: str
    password: Secret


@pytest.mark.parametrize(
    "shown",
    [
        str(Secret(CANARY)),
        repr(Secret(CANARY)),
        f"{Secret(CANARY)} {Secret(CANARY)!r} {Secret(CANARY)!s:>20}",
        repr([Secret(CANARY)]),
        repr(Holder(name="a", password=Secret(CANARY))),
        str({"password": Secret(CANARY)}),
        pprint.pformat(Holder(name="a", password=Secret(CANARY))),
    ],
)
def test_a_secret_is_never_shown(shown: str) -> None:
    hidden = CANARY not in shown

    assert hidden


def test_a_secret_does_not_reach_a_log_or_a_traceback() -> None:
    secret = Secret(CANARY)
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)

    try:
        raise ValueError(secret)  # noqa: TRY301 - its traceback is what is looked at
    except ValueError:
        trace = sys.exc_info()
    fields = ("test", logging.ERROR, "", 0, "refused %s %r", (secret, secret), trace)
    handler.emit(logging.LogRecord(*fields))

    assert "refused *** Secret()" in lines.getvalue()
    assert "ValueError: ***" in lines.getvalue()
    assert CANARY not in lines.getvalue()


def test_a_secret_is_handed_out_where_it_is_sent() -> None:
    secret = Secret(CANARY)

    value = secret.reveal()

    assert value == CANARY


def test_a_secret_can_be_compared_but_not_changed() -> None:
    secret = Secret(CANARY)

    same = secret == Secret(CANARY) != Secret("other")

    assert same
    with pytest.raises(dataclasses.FrozenInstanceError):
        secret.value = "x"  # type: ignore[misc]  # that it fails is the test


@pytest.mark.parametrize(
    "value",
    [
        Fetched(status=200, url="https://a.example/", body=CANARY.encode()),
        Part(id="1", target="a", payload=CANARY.encode()),
    ],
)
def test_bytes_from_or_for_outside_are_not_shown(value: object) -> None:
    shown = repr(value)

    assert CANARY not in shown


def test_an_article_cannot_be_changed_so_that_offsets_stay_true() -> None:
    article = Article(
        title="Aleppo",
        summary="",
        body="",
        aside="",
        language="en",
        state=PageState.OK,
        url="https://a.example/",
    )

    with pytest.raises(dataclasses.FrozenInstanceError):
        article.title = "Idlib"  # type: ignore[misc]  # that it fails is the test
