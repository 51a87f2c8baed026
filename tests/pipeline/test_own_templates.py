"""Digests by one's own templates, which may fail without costing anybody a digest."""

from pathlib import Path

import pytest

from tests.desk import Desk, mail_server
from tests.pipeline.test_digests import tell
from tests.site import Site

MAIL = """
[channels.mail]
type = "email"
to = ["ana@example.org"]
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
from = "Monitor <monitor@example.org>"
"""
FOOTER = (
    '{{% extends "default/digest.txt.j2" %}}{{% block footer %}}{text}{{% endblock %}}'
)


def sent(desk: Desk, site: Site, template: str) -> str:
    """The text of a mail by a template of one's own."""
    folder = desk.folder / "mine"
    folder.mkdir()
    (folder / "digest.txt.j2").write_text(template, "utf-8")
    desk.service = f'templates_dir = "{folder}"'
    desk.send_to = ("mail",)
    with mail_server() as (mailbox, port):
        desk.more = MAIL.format(port=port)
        tell(site, "old")
        desk.run()
        tell(site, "old", "Airstrikes hit Aleppo")
        desk.run(all_feeds=True)
        (text,) = mailbox.texts()
    return text


def test_a_block_of_ones_own_is_in_the_digest(desk: Desk, site: Site) -> None:
    text = sent(desk, site, FOOTER.format(text="Sent by the night desk."))

    assert "Sent by the night desk." in text
    assert "Airstrikes" in text


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "template",
    [
        FOOTER.format(text="{{ nonsense }}"),
        FOOTER.format(text="{{ ''.__class__.__mro__ }}"),
        FOOTER.format(text="{{ 'x' * 3000000 }}"),
        "{% if %}",
        FOOTER.format(
            text="{% for a in range(90000) %}{% for b in range(90000) %}"
            "{% for c in range(90000) %}{% endfor %}{% endfor %}{% endfor %}"
        ),
    ],
    ids=["undefined", "forbidden", "too large", "no template", "endless"],
)
def test_a_template_that_fails_costs_nobody_a_digest(
    desk: Desk, site: Site, template: str, tmp_path: Path
) -> None:
    text = sent(desk, site, template)

    assert tmp_path.exists()
    assert "Airstrikes" in text
    assert "these are the built-in ones" in text
    (notice,) = desk.notices()
    assert notice.startswith("the own templates failed")
