"""doctor: each look with its finding, and the way out."""

import http.server
import shutil
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.channels.receiver import receiver
from tests.cli.conftest import Monitor, Result, answer
from tests.desk import Desk, mail_server
from tests.site import Site

MAIL = """
[channels.mail]
type = "email"
to = ["ana@example.org"]
[channels.more]
type = "email"
to = ["sami@example.org"]
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
from = "monitor@example.org"
"""


def finding(result: Result, name: str) -> dict[str, object]:
    return next(one for one in answer(result)["findings"] if one["name"] == name)


def test_a_healthy_desk_needs_nothing(monitor: Monitor, desk: Desk, site: Site) -> None:
    site.feed("/feed.xml", "World", [])
    with mail_server() as (mailbox, port):
        desk.more = MAIL.format(port=port)
        desk.write()
        result = monitor("doctor")

    assert result.exit_code == 0, result.output
    assert result.output.endswith("All is well.\n")
    assert f"channel mail   127.0.0.1:{port} takes mail (none)" in result.output
    assert "channel more" not in result.output  # it goes the same way
    assert mailbox.messages == []


def test_what_is_wrong_comes_with_the_way_out(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    with mail_server() as (_, port):
        pass
    desk.more = MAIL.format(port=port)
    desk.feeds = {"world": f"{site.url}/gone.xml"}
    desk.write()

    result = monitor("--json", "doctor")

    assert result.exit_code == 1
    assert not answer(result)["ok"]
    mail = finding(result, "channel mail")
    assert mail["ok"] is False
    assert "send-test" in str(mail["fix"])
    assert finding(result, "database")["ok"] is True


def test_a_database_that_cannot_be_opened_is_said(
    monitor: Monitor, desk: Desk, tmp_path: Path
) -> None:
    desk.database = f"sqlite:{tmp_path}/no/folder/monitor.db"
    desk.feeds = {}
    desk.write()

    result = monitor("--json", "doctor")

    assert result.exit_code == 1
    assert "unable to open" in str(finding(result, "database")["text"])


# --- certificates ---


def certified(folder: Path, days: int) -> ssl.SSLContext:
    """A server's certificate for so many days; its file vouches for itself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    words = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -days {days} -subj /CN=127.0.0.1 "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {folder}/key.pem "
        f"-out {folder}/cert.pem"
    )
    subprocess.run(words.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(("days", "ok"), [(60, True), (7, False)])
def test_a_certificate_of_the_mail_server_that_ends_soon_is_said(
    monitor: Monitor,
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    ok: bool,
) -> None:
    tls = certified(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    desk.feeds = {}
    with mail_server(tls=tls) as (_, port):
        desk.more = MAIL.format(port=port).replace('"none"', '"starttls"')
        desk.write()
        result = monitor("--json", "doctor")

    found = finding(result, "channel mail")
    end = (datetime.now(UTC) + timedelta(days=days)).date()
    assert (found["ok"], bool(found["fix"])) == (ok, not ok)
    assert f"takes mail (starttls), certificate until {end}" in str(found["text"])


def test_the_address_that_links_lead_to_is_looked_at(
    monitor: Monitor, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), _Late)
    server.socket = certified(tmp_path, 60).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    desk.feeds = {}
    desk.more = f'[web]\nbase_url = "https://127.0.0.1:{server.server_port}"\n'
    desk.write()

    good = monitor("--json", "doctor")
    monkeypatch.delenv("SSL_CERT_FILE")
    threading.Thread(target=server.handle_request, daemon=True).start()
    bad = monitor("--json", "doctor")
    server.server_close()

    assert "answers, certificate until" in str(finding(good, "pages")["text"])
    assert finding(bad, "pages")["ok"] is False
    assert "self-signed" in str(finding(bad, "pages")["text"])


class _Late(http.server.BaseHTTPRequestHandler):
    """A server whose clock is ten minutes ahead."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + 600)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_a_clock_is_held_against_that_of_a_server(monitor: Monitor, desk: Desk) -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), _Late)
    threading.Thread(target=server.handle_request, daemon=True).start()
    desk.feeds = {"world": f"http://127.0.0.1:{server.server_port}/x"}
    desk.write()

    result = monitor("--json", "doctor")
    server.server_close()

    found = finding(result, "clock")
    assert found["ok"] is False
    assert "set-ntp" in str(found["fix"])


def test_a_slack_bot_is_asked_who_it_is(monitor: Monitor, desk: Desk) -> None:
    with receiver() as far:
        far.says(
            (200, {"ok": True, "user": "monitor", "team": "Desk"}),
            (200, {"ok": False, "error": "invalid_auth"}),
        )
        desk.feeds = {}
        desk.more = "".join(
            f'[channels.{name}]\ntype = "slack"\ntoken = "xoxb"\n'
            f'channel = "#x"\napi = "{far.url}"\n'
            for name in ("good", "bad")
        )
        desk.write()
        result = monitor("--json", "doctor")

    assert finding(result, "channel good")["text"] == "Slack knows monitor in Desk"
    assert "invalid_auth" in str(finding(result, "channel bad")["text"])
    assert "xoxb" not in result.output


def test_what_has_to_be_signed_is_named(monitor: Monitor, desk: Desk) -> None:
    with mail_server() as (_, port):
        desk.feeds = {}
        desk.more = MAIL.format(port=port) + '[web]\nbase_url = "https://127.0.0.1:9"\n'
        desk.write()
        result = monitor("--json", "doctor")

    assert "List-Unsubscribe:List-Unsubscribe-Post" in str(
        finding(result, "unsubscribing")["fix"]
    )
