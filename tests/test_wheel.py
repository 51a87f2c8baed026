"""The wheel holds all that the program needs."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_demo_runs_from_the_wheel_in_a_fresh_environment(tmp_path: Path) -> None:
    _run(
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
        ROOT,
    )
    (wheel,) = tmp_path.glob("news_monitor-*.whl")
    _run("-m", "venv", "--without-pip", tmp_path / "fresh")
    python = tmp_path / "fresh" / "bin" / "python"
    _run("-m", "pip", "-q", "--python", python, "install", "--no-deps", wheel)
    # The installed packages are shared; the editable checkout among them is not,
    # because a .pth file below a .pth file is not read.
    (packages,) = (tmp_path / "fresh").glob("lib/python*/site-packages")
    (packages / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")

    done = subprocess.run(
        [tmp_path / "fresh" / "bin" / "monitor", "--json", "demo"],
        check=True,
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )

    found = json.loads(done.stdout)
    assert found["stories"] == 3
    assert (tmp_path / "demo" / "digest.html").stat().st_size > 10_000


def _run(*words: object) -> None:
    subprocess.run(
        [sys.executable, *map(str, words)], check=True, cwd=ROOT, timeout=120
    )
