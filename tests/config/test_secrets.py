from pathlib import Path

import pytest

from monitor.channels import email
from monitor.config import Config
from monitor.models import Secret
from tests.config.golden import loaded, said

FEED = '[feeds.p]\nurl = "https://p.example/rss"\n'
PLACES = {
    "smtp": '[smtp]\nhost = "a.example"\nfrom = "m@a.example"\npassword = {}',
    "header": FEED + "headers = {{ Authorization = {} }}",
    "table": FEED + "[feeds.p.headers]\nAuthorization = {}",
    "auth": FEED + 'auth = {{ user = "ana", password = {} }}',
    "auth table": FEED + '[feeds.p.auth]\nuser = "ana"\npassword = {}',
}


def secret_of(config: Config, place: str) -> Secret:
    if place == "smtp":
        channel = config.channels["email:me"]
        assert isinstance(channel, email.Config)
        return channel.smtp.password
    if auth := config.feeds["p"].auth:
        return auth.password
    return config.feeds["p"].headers["Authorization"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", ['{ env = "PW" }', '{ file = "pw" }',
                                  '{ credential = "pw" }', '"hunter2"'])  # fmt: skip
def test_a_secret_is_found_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, form: str
) -> None:
    monkeypatch.setenv("PW", "hunter2")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "pw").write_text("hunter2\n")
    mail = '\n[subscribers.me]\nemail = "me@a.example"\n'

    found = loaded(mail + PLACES[place].format(form), tmp_path / "config.toml")

    assert secret_of(found, place).reveal() == "hunter2"
    asked = [feed.manner for feed in found.feeds.values()]
    assert "hunter2" not in f"{found!r} {found} {secret_of(found, place)} {asked!r}"


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ('{ env = "NOT_SET_AT_ALL" }', "NOT_SET_AT_ALL is not set"),
        ('{ file = "nothing" }', "{folder}/nothing: No such file or directory"),
        ('{ file = "/" }', "/: Is a directory"),
        ('{ file = "bytes" }', "'bytes' cannot be read as UTF-8 text"),
        ('{ file = "a\\u0000" }', "'a\\x00' cannot be read as UTF-8 text"),
        ('{ credential = "../bytes" }', "'../bytes' cannot be read as UTF-8 text"),
        ("5", "this is no secret"),
        ("{ }", "this is no secret"),
        ('{ envv = "PW" }', "this is no secret"),
        ('{ env = "A", file = "b" }', "this is no secret"),
    ],
)
def test_a_secret_that_cannot_be_had_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, problem: str
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    found = said(PLACES["smtp"].format(form), tmp_path / "config.toml")

    first = found.split("\n")[0].partition("  ")[2]
    assert first == "smtp.password: " + problem.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ('{ env = "NOT_SET_AT_ALL" }', "NOT_SET_AT_ALL is not set"),
        ('{ file = "nothing" }', "{folder}/nothing: No such file or directory"),
        ("5", "this is no secret"),
        ('{ envv = "PW" }', "this is no secret"),
    ],
)
@pytest.mark.parametrize("place", ["auth", "auth table"])
def test_the_password_of_a_feed_that_cannot_be_had_is_said_at_its_place(
    tmp_path: Path, place: str, form: str, problem: str
) -> None:
    found = said(PLACES[place].format(form), tmp_path / "config.toml")

    first = found.split("\n")[0].partition("  ")[2]
    assert first == "feeds.p.auth.password: " + problem.format(folder=tmp_path)


def test_nothing_else_of_a_feed_is_a_secret() -> None:
    found = said(FEED + 'auth = { user = { env = "USER" }, password = "x" }')

    assert "feeds.p.auth.user: write a text in quotes" in found
