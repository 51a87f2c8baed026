"""The quick answer whether the service lives, and when it is left to the slow one."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.cli.pulse import pulse
from monitor.storage import settings
from tests.desk import Desk


def beat(desk: Desk, ago: timedelta, *, stopped: bool = False) -> Path:
    """Let the service have given a sign of life so long ago."""
    at = datetime.now(UTC) - ago

    async def run() -> None:
        daemon = desk.daemon()
        await daemon.open(lock=False)
        await daemon.context.database.call(settings.beat, at, "here")
        if stopped:
            await daemon.context.database.call(settings.stopped, at, "here")
        await daemon.close()

    asyncio.run(run())
    return desk.write()


@pytest.mark.parametrize(
    ("minutes", "status", "word"), [(0, 0, "alive"), (5, 1, "no sign")]
)
def test_a_sign_of_life_is_fresh_or_old(
    desk: Desk, capsys: pytest.CaptureFixture[str], minutes: int, status: int, word: str
) -> None:
    path = beat(desk, timedelta(minutes=minutes))

    found = pulse(["--config", str(path), "status", "--health"])

    assert found == status
    assert capsys.readouterr().out.startswith(word)


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["--json", "status", "--health"],
        ["--config", "nowhere.toml", "status", "--health"],
        ["--at", "2026-11-22", "status", "--health"],
    ],
)
def test_everything_else_is_asked_in_full(words: list[str]) -> None:
    assert pulse(words) is None


def test_what_a_quick_look_cannot_say_is_asked_in_full(
    desk: Desk, tmp_path: Path
) -> None:
    stopped = beat(desk, timedelta(0), stopped=True)
    words = ["--config", str(stopped), "status", "--health"]
    assert pulse(words) is None

    for text in (
        "= broken",
        '[service]\ndatabase = "postgresql://x"\n',
        "include = []\n",
    ):
        stopped.write_text(text)
        assert pulse(words) is None
    (tmp_path / "config.toml").write_text('[service]\ndatabase = "sqlite:none.db"\n')
    assert pulse(words) is None


def test_it_imports_nothing_heavy(desk: Desk) -> None:
    path = beat(desk, timedelta(0))
    code = (
        "import sys; from monitor.cli.pulse import pulse;"
        f"s = pulse(['--log', 'logfmt', '--config', {str(path)!r}, '-v', 'status', '--health']);"
        "assert not {'click', 'pydantic', 'httpx', 'structlog'} & set(sys.modules);"
        "sys.exit(s)"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0
