import asyncio
import os
import shlex
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FetchError, FetchTimeout, FetchTooLarge
from monitor.feeds.command import SCHEME, address, run
from monitor.models import Fetched

DEADLINE = timedelta(seconds=10)
SHORT = timedelta(milliseconds=200)
LIMIT = 10_000
RSS = "<rss version='2.0'><channel><title>T</title></channel></rss>"


def printed(
    *words: str, folder: Path, deadline: timedelta = DEADLINE, limit: int = LIMIT
) -> bytes:
    """What a program printed."""
    found = asyncio.run(run(words, folder, deadline=deadline, max_bytes=limit))
    return found.body


def failure(
    script: str, folder: Path, deadline: timedelta = DEADLINE, limit: int = LIMIT
) -> FetchError:
    """Why a shell script gave nothing."""
    with pytest.raises(FetchError) as raised:
        printed("sh", "-c", script, folder=folder, deadline=deadline, limit=limit)
    return raised.value


# --- what it prints is the document ---


def test_what_a_program_prints_is_the_document(tmp_path: Path) -> None:
    words = ("printf", "%s", RSS)

    found = asyncio.run(run(words, tmp_path, deadline=DEADLINE, max_bytes=LIMIT))

    assert found == Fetched(
        status=200,
        url=f"command:printf %s {shlex.quote(RSS)}",
        body=RSS.encode(),
    )


def test_a_program_may_grumble_as_long_as_it_succeeds(tmp_path: Path) -> None:
    script = "yes grumble | head -c 300000 >&2; echo news"

    body = printed("sh", "-c", script, folder=tmp_path, limit=5)

    assert body == b"news\n"


@pytest.mark.parametrize("size", [0, 1, 9_999])
def test_a_document_of_just_the_limit_is_read(tmp_path: Path, size: int) -> None:
    (tmp_path / "feed").write_bytes(b"x" * size + b"y")

    body = printed("cat", "feed", folder=tmp_path, limit=size + 1)

    assert len(body) == size + 1


@given(st.lists(st.text(max_size=8), min_size=1, max_size=3))
def test_an_address_names_the_program_and_each_of_its_words(words: list[str]) -> None:
    found = address(words)

    assert found.startswith(SCHEME)
    assert shlex.split(found.removeprefix(SCHEME)) == words


# --- what goes wrong is said ---


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo one >&2; echo two >&2; exit 3", "status 3: two"),
        ("echo two >&2; echo >&2; echo >&2; exit 1", "status 1: two"),
        (f"echo '{RSS}'; echo no >&2; exit 1", "status 1: no"),
        ("printf 'caf\\303\\251 \\377' >&2; exit 1", "status 1: café �"),
        ("echo dying >&2; kill -9 $$", "status -9: dying"),
        ("yes x | head -c 9000 >&2; echo last >&2; exit 2", "status 2: last"),
    ],
)
def test_a_program_that_fails_is_quoted_with_its_last_line(
    tmp_path: Path, script: str, message: str
) -> None:
    error = failure(script, tmp_path)

    assert type(error) is FetchError
    assert str(error) == f"the program failed with {message}"


def test_a_long_last_line_is_cut(tmp_path: Path) -> None:
    error = failure("printf '%0999d' 7 >&2; exit 1", tmp_path)

    assert str(error) == f"the program failed with status 1: {'0' * 200}"


def test_a_program_that_fails_silently_is_not_quoted(tmp_path: Path) -> None:
    error = failure("exit 4", tmp_path)

    assert str(error) == "the program failed with status 4"


def test_what_a_program_says_cannot_harm_a_database_or_a_terminal(
    tmp_path: Path,
) -> None:
    error = failure("printf 'a\\0b\\033[31mc' >&2; exit 1", tmp_path)

    assert str(error).startswith("the program failed with status 1: ")
    assert not any(ord(sign) < 32 for sign in str(error))


@pytest.mark.parametrize("script", ["true", "printf ' \\n\\t'", "cat", "echo no >&2"])
def test_a_program_that_prints_nothing_is_an_error(tmp_path: Path, script: str) -> None:
    error = failure(script, tmp_path)

    assert type(error) is FetchError
    assert str(error) == "the program printed nothing"


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("no-such-program", "no-such-program: No such file or directory"),
        ("./no-such-program", "./no-such-program: No such file or directory"),
        ("./plain", "./plain: Permission denied"),
        (".", ".: Permission denied"),
        ("a\0b", "a\0b: embedded null byte"),
    ],
)
def test_a_program_that_cannot_be_started_is_named(
    tmp_path: Path, program: str, message: str
) -> None:
    (tmp_path / "plain").write_text("#!/bin/sh\necho here\n", "utf-8")

    with pytest.raises(FetchError) as raised:
        printed(program, folder=tmp_path)

    assert str(raised.value) == message


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"No such file or directory$"):
        printed("echo", "news", folder=tmp_path / "none")


# --- where it runs, and what it is told ---


def test_a_program_runs_in_its_folder(tmp_path: Path) -> None:
    script = tmp_path / "feed.sh"
    script.write_text("#!/bin/sh\npwd -P\n", "utf-8")
    script.chmod(0o700)

    body = printed("./feed.sh", folder=tmp_path)

    assert Path(body.decode().strip()) == tmp_path.resolve()


def test_no_shell_reads_the_words(tmp_path: Path) -> None:
    words = ["a; touch made", "$HOME", "`touch made`", "$(touch made)", "> made", "*"]

    body = printed("printf", r"%s\n", *words, folder=tmp_path)

    assert body.decode().splitlines() == words
    assert list(tmp_path.iterdir()) == []


def test_what_the_service_knows_from_its_environment_is_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "canary")
    monkeypatch.setenv("LD_PRELOAD_NOT", "canary")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    monkeypatch.delenv("TZ", raising=False)

    lines = printed("env", folder=tmp_path).decode().splitlines()

    names = {line.partition("=")[0] for line in lines}
    assert not [line for line in lines if "canary" in line]
    assert names <= {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
    assert "LANG=tr_TR.UTF-8" in lines
    assert f"PATH={os.environ['PATH']}" in lines


def test_a_program_inherits_no_open_file(tmp_path: Path) -> None:
    kept = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(kept, True)

    try:
        error = failure(f"true <&{kept} && echo leaked", tmp_path)
    finally:
        os.close(kept)

    assert "status" in str(error)


# --- how much it may take, and what becomes of its offspring ---


class Line:
    """A pipe with a name that tells whether anybody still holds its other end."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.said = b""

    def is_held(self) -> bool:
        try:
            heard = os.read(self._end, 100)
        except BlockingIOError:
            return True
        self.said += heard
        return bool(heard)

    async def hears(self) -> None:
        while not self.said:
            self.is_held()
            await asyncio.sleep(0.005)

    def falls_silent(self) -> bool:
        """Whether all who held it are gone in a moment; a kill takes its time."""
        for _ in range(400):
            if self.said and not self.is_held():
                return True
            self.is_held()
            time.sleep(0.005)
        return False

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path / "line")
    yield line
    line.close()


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


HOLD = "exec 3>line; echo up >&3; "


def test_a_program_that_is_too_slow_is_ended_with_its_children(
    tmp_path: Path, line: Line
) -> None:
    began = time.monotonic()

    error = failure(f"{HOLD} sleep 60 & sleep 61 & wait", tmp_path, SHORT)

    assert isinstance(error, FetchTimeout)
    assert str(error) == "the program did not end within 0.2 s"
    assert time.monotonic() - began < 5
    assert line.falls_silent()


@pytest.mark.parametrize(
    "script",
    [
        "trap '' TERM INT HUP; sleep 60",
        "exec >&- 2>&-; sleep 60",
        "echo news; sleep 60 &",
        "while echo news >&2; do :; done",
    ],
)
def test_no_trick_makes_the_deadline_longer(
    tmp_path: Path, line: Line, script: str
) -> None:
    error = failure(HOLD + script, tmp_path, SHORT)

    assert isinstance(error, FetchTimeout)
    assert line.falls_silent()


def test_a_program_that_prints_too_much_is_ended_with_its_children(
    tmp_path: Path, line: Line
) -> None:
    error = failure(f"{HOLD} sleep 60 & yes", tmp_path)

    assert isinstance(error, FetchTooLarge)
    assert str(error) == "the program printed more than 10,000 bytes"
    assert line.falls_silent()


@pytest.mark.parametrize("status", [0, 3])
def test_what_a_program_left_behind_ends_with_it(
    tmp_path: Path, line: Line, status: int
) -> None:
    script = f"{HOLD} sleep 60 >/dev/null 2>&1 & exit {status}"

    failure(script, tmp_path)

    assert line.falls_silent()


def test_a_program_ends_when_the_poll_is_given_up(tmp_path: Path, line: Line) -> None:
    async def scene() -> bool:
        words = ("sh", "-c", f"{HOLD} sleep 60")
        program = run(words, tmp_path, deadline=DEADLINE, max_bytes=LIMIT)
        polling = asyncio.ensure_future(program)
        await line.hears()
        polling.cancel()
        await asyncio.wait([polling])
        return polling.cancelled()

    cancelled = asyncio.run(scene())

    assert cancelled
    assert line.falls_silent()


def test_a_program_that_was_killed_is_waited_for(tmp_path: Path, line: Line) -> None:
    async def scene() -> None:
        words = ("sh", "-c", "exec 3>line; echo $$ >&3; sleep 60")
        with pytest.raises(FetchTimeout):
            await run(words, tmp_path, deadline=SHORT, max_bytes=LIMIT)
        line.is_held()
        with pytest.raises(ProcessLookupError):
            os.kill(int(line.said), 0)

    asyncio.run(scene())


@pytest.mark.parametrize("script", ["sleep 60", "yes"])
def test_no_pipe_of_a_killed_program_stays_open(tmp_path: Path, script: str) -> None:
    words = ("sh", "-c", script)

    async def scene() -> int:
        before = open_files()
        for _ in range(3):
            with pytest.raises(FetchError):
                await run(words, tmp_path, deadline=SHORT, max_bytes=LIMIT)
        await asyncio.sleep(0.02)
        return open_files() - before

    left = asyncio.run(scene())

    assert left <= 0
