"""What is shipped for installing: a hardened unit, containers, alert rules, a lock file."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from monitor import metrics
from monitor.config import load
from monitor.text.forms import LANGUAGES

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
def test_the_unit_is_as_closed_as_we_say() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", DEPLOY / "monitor.service"],
        capture_output=True,
        text=True,
        check=False,
    )

    found = re.search(r"exposure level for monitor\.service: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= 1.5


def test_the_unit_restarts_what_hangs_and_not_what_is_misconfigured() -> None:
    lines = (DEPLOY / "monitor.service").read_text().splitlines()

    assert {
        "Type=notify",
        "WatchdogSec=90",
        "Restart=on-failure",
        "RestartPreventExitStatus=2",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "DynamicUser=yes",
        "StateDirectoryMode=0700",
    } <= set(lines)


def test_alerts_and_dashboard_ask_for_metrics_that_exist() -> None:
    texts = [
        (DEPLOY / name).read_text()
        for name in ("prometheus-rules.yaml", "grafana-dashboard.json")
    ]
    known = {
        name
        for family in metrics.registry.collect()
        for name in (family.name, f"{family.name}_total", f"{family.name}_bucket")
    }

    used = set(re.findall(r"\bmonitor_\w+", " ".join(texts)))

    assert used
    assert used <= known
    json.loads(texts[1])


def test_the_configuration_of_the_containers_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MONITOR_PASSWORD", "x")
    monkeypatch.setenv("SMTP_PASSWORD", "x")

    found = load(DEPLOY / "compose.config.toml")

    assert found.service.database.startswith("postgresql://")
    assert found.web.password


def test_the_container_is_nobody_special_and_says_how_it_is() -> None:
    text = (DEPLOY / "Dockerfile").read_text()

    assert "USER 10001:10001" in text
    assert 'ENTRYPOINT ["monitor"' in text
    assert '"status", "--health"]' in text
    assert "--require-hashes" in text


def test_the_image_has_the_dictionaries_that_the_program_looks_in() -> None:
    (names,) = re.findall(r"'/\(([a-z|]+)\)", (DEPLOY / "Dockerfile").read_text())

    assert names.split("|") == sorted(LANGUAGES)


def test_every_library_is_pinned_with_its_hashes() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {
        re.split(r"[\s\[<>=!~;]", line)[0].lower().replace("_", "-")
        for line in wanted["dependencies"]
    }
    locked = (DEPLOY / "requirements.txt").read_text()
    pinned = {
        name.lower().replace("_", "-")
        for name in re.findall(r"^([\w.-]+)==\S+ \\$", locked, re.MULTILINE)
    }

    assert names <= pinned
    assert "://" not in locked
    assert locked.count("--hash=sha256:") > len(pinned)
