"""Mail that is handed in on this machine."""

import asyncio
import mailbox
import sys
from pathlib import Path

import pytest

from monitor.channels.email import Config
from monitor.channels.handing import Transport
from monitor.channels.relay import Smtp
from monitor.errors import DeliveryDeferred, DeliveryRejected
from monitor.models import Part, Receipt

MESSAGE = b"Subject: Aleppo\r\nMessage-ID: <m1@example.org>\r\n\r\nText.\r\n"
SENDMAIL = """#!{python}
import sys
open({log!r}, "w").write(repr((sys.argv[1:], sys.stdin.read())))
sys.stderr.write("{said}\\n")
sys.exit({status})
"""


def sent(transport: Transport, path: Path | None) -> Receipt:
    smtp = Smtp(sender="m@example.org", transport=transport, path=path)
    part = Part(id="d1", target="ana@example.org", payload=MESSAGE)
    return asyncio.run(Config(to=("ana@example.org",), smtp=smtp).send(part))


def command(folder: Path, *, status: int = 0, said: str = "") -> Path:
    """A sendmail that notes what it was asked."""
    path = folder / "sendmail"
    text = SENDMAIL.format(
        python=sys.executable, log=str(folder / "log"), status=status, said=said
    )
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def test_a_maildir_gets_one_message_a_file(tmp_path: Path) -> None:
    receipt = sent("maildir", tmp_path / "mail")

    (message,) = mailbox.Maildir(tmp_path / "mail")
    assert message["Subject"] == "Aleppo"
    assert receipt.remote_id


def test_a_mailbox_file_grows(tmp_path: Path) -> None:
    for _ in range(2):
        sent("file", tmp_path / "mail.mbox")

    box = mailbox.mbox(tmp_path / "mail.mbox")
    count = len(box)
    box.close()
    assert count == 2


def test_sendmail_is_told_who_writes_to_whom(tmp_path: Path) -> None:
    sent("sendmail", command(tmp_path))

    words, text = eval((tmp_path / "log").read_text("utf-8"))  # noqa: S307 - our own repr
    assert words == ["-i", "-f", "m@example.org", "--", "ana@example.org"]
    assert text.startswith("Subject: Aleppo\n")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(75, DeliveryDeferred), (78, DeliveryDeferred), (67, DeliveryRejected)],
)
def test_what_sendmail_says_decides(
    tmp_path: Path, status: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=f"status {status} no such user"):
        sent("sendmail", command(tmp_path, status=status, said="no such user"))


@pytest.mark.parametrize("transport", ["sendmail", "maildir", "file"])
def test_what_is_not_there_may_come(tmp_path: Path, transport: Transport) -> None:
    (tmp_path / "a file").write_text("")

    with pytest.raises(DeliveryDeferred):
        sent(transport, tmp_path / "a file" / "mail")
