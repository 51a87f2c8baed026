import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from socket import getfqdn, gethostname

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.channels.email import Config, message_id
from monitor.channels.relay import Smtp
from monitor.digests.render import render
from monitor.models import Digest, Target
from monitor.text.mail import ascii_address
from monitor.text.words import one_line
from tests.digests.digest_samples import DIGEST, NOW, STORIES, story

SHOWN = render(DIGEST)
ANA = Target(address="ana@example.org", id="d1:mail:ana@example.org")
SENDER = "News monitor <monitor@example.org>"


def rendered(
    digest: Digest = SHOWN, target: Target = ANA, sender: str = SENDER
) -> bytes:
    config = Config(to=(target.address,), smtp=Smtp(sender=sender))
    (part,) = config.render(digest, target)
    assert (part.id, part.target) == (target.id, target.address)
    return part.payload


def message(
    digest: Digest = SHOWN, target: Target = ANA, sender: str = SENDER
) -> Message:
    return message_from_bytes(rendered(digest, target, sender))


def header(found: Message, name: str) -> str:
    """A header as a mail program shows it."""
    (raw,) = found.get_all(name, [])
    return re.sub(r"\r?\n", "", str(make_header(decode_header(raw)))).strip()


def head(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[0]


# --- headers ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("From", "News monitor <monitor@example.org>"),
        ("To", "ana@example.org"),
        ("List-Id", '"Syria desk" <desk.example.org>'),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", "en"),
        ("MIME-Version", "1.0"),
        ("Date", "Sun, 22 Nov 2026 05:00:00 +0000"),
        ("Subject", one_line(SHOWN.subject, 900)),
    ],
)
def test_a_digest_has_the_headers_of_a_mailing_that_nobody_answers(
    name: str, value: str
) -> None:
    found = message()

    assert header(found, name) == value
    assert found["Precedence"] is None


def test_the_date_is_that_of_the_digest() -> None:
    found = parsedate_to_datetime(header(message(), "Date"))

    assert found == NOW


@pytest.mark.parametrize(
    "subject",
    [
        "Aleppo: 3 stories, 1 update · Syria desk",
        "Plain",
        "",
        "a long but plain subject " * 5,
        "x" * 120,
        "حلب: ٣ أخبار، غارة جوية " * 5,
        "阿勒颇" * 40,
        "👩‍👩‍👧‍👦" * 17,
        "=?utf-8?q?Bcc=3A_eve?= and =?x?=",
        "spaces   and\ttabs",
    ],
)
def test_a_subject_survives_the_way(subject: str) -> None:
    found = message(replace(SHOWN, subject=subject))

    assert header(found, "Subject") == one_line(subject, 900)


@settings(deadline=None)
@given(st.text(max_size=120))
def test_any_subject_survives_the_way_in_short_lines(subject: str) -> None:
    raw = rendered(replace(SHOWN, subject=subject))

    found = message_from_bytes(raw)
    assert header(found, "Subject") == one_line(subject, 900)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert all(len(word) <= 75 for word in head(raw).split() if word.startswith(b"=?"))
    assert head(raw).isascii()


@pytest.mark.parametrize(
    "name",
    [
        "Новости монитора и ещё очень длинное имя отправителя без конца",
        "Müller & Söhne",
        '"Doe, Jane"',
        "Plain name",
    ],
)
def test_a_display_name_survives_the_way(name: str) -> None:
    found = message(sender=f"{name} <monitor@example.org>")

    assert header(found, "From") == f"{name} <monitor@example.org>"


@pytest.mark.parametrize(
    "hostile",
    [
        "Strikes\r\nBcc: eve@example.org",
        "Strikes\nBcc: eve@example.org\n\nBody",
        "Strikes\rBcc: eve@example.org",
        "Strikes\x0bBcc: eve@example.org\x0c\x85\u2028Bcc: eve@example.org",
        "Strikes\x00\x1b[31m",
    ],
)
def test_nothing_can_be_smuggled_into_the_headers(hostile: str) -> None:
    digest = replace(SHOWN, subject=hostile, subscriber=f"desk {hostile}")

    found = message(digest)
    usual = message()

    assert found.keys() == usual.keys()
    assert found["Bcc"] is None
    assert b"\x1b" not in head(rendered(digest))


@pytest.mark.parametrize(
    ("subscriber", "list_id"),
    [
        ("desk", "<desk.example.org>"),
        ("night duty_2", "<night-duty-2.example.org>"),
        ("дежурный", "<digest.example.org>"),
        ("-", "<digest.example.org>"),
    ],
)
def test_the_list_id_names_the_subscriber(subscriber: str, list_id: str) -> None:
    found = message(replace(SHOWN, subscriber=subscriber))

    assert header(found, "List-Id") == f'"Syria desk" {list_id}'


# --- identity ---


def test_the_message_id_is_the_deliverys_and_never_names_this_machine() -> None:
    first, again = header(message(), "Message-ID"), header(message(), "Message-ID")
    other = header(message(target=replace(ANA, id="d2")), "Message-ID")

    assert first == again == f"<{message_id(ANA.id)}@example.org>"
    assert other != first
    assert gethostname() not in first
    assert getfqdn() not in first


def test_a_message_id_has_32_characters_that_every_server_takes() -> None:
    found = {message_id(f"d{number}") for number in range(200)}

    assert len(found) == 200
    assert all(len(one) == 32 and one.isalnum() and one.islower() for one in found)


def test_rendering_again_gives_the_same_bytes() -> None:
    first = rendered()

    again = rendered(render(DIGEST))

    assert again == first
    assert message().get_boundary() == message_from_bytes(again).get_boundary()


def test_two_deliveries_have_boundaries_of_their_own() -> None:
    one = message().get_boundary()
    other = message(target=replace(ANA, id="d2")).get_boundary()

    assert one != other


# --- the body ---


def parts(found: Message) -> list[tuple[str, str, str]]:
    """Type, transfer encoding and text of each part."""
    shown = []
    for part in found.get_payload():
        assert isinstance(part, Message)
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        text = body.decode().replace("\r\n", "\n")
        shown.append((part.get_content_type(), part["Content-Transfer-Encoding"], text))
    return shown


def test_the_text_comes_first_and_the_html_second() -> None:
    found = message()

    (text, _, plain), (html, _, page) = parts(found)
    assert found.get_content_type() == "multipart/alternative"
    assert (text, html) == ("text/plain", "text/html")
    assert plain.rstrip("\n") == SHOWN.text.rstrip("\n")
    assert page.rstrip("\n") == SHOWN.html.rstrip("\n")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Airstrikes hit Aleppo. " * 50, "quoted-printable"),
        ("Zoë came to Łódź on Sunday evening. " * 50, "quoted-printable"),
        ("غارة جوية على حلب. " * 50, "base64"),
        ("阿勒颇遭空袭。" * 50, "base64"),
        ("x" * 5_000, "quoted-printable"),
    ],
)
def test_the_transfer_encoding_is_the_shorter_one(text: str, encoding: str) -> None:
    digest = replace(SHOWN, text=text, html=f"<p>{text}</p>")

    raw = rendered(digest)

    found = parts(message_from_bytes(raw))
    assert [used for _, used, _ in found] == [encoding, encoding]
    assert [shown.strip() for *_, shown in found] == [text.strip(), f"<p>{text}</p>"]
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_a_message_is_ascii_with_lines_that_end_as_mail_wants_them() -> None:
    many = tuple(story(f"حلب {n}", f"https://a.example/{n}") for n in range(100))
    digest = render(replace(DIGEST, stories=(*STORIES, *many), shown=104))

    raw = rendered(digest)

    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


# --- addresses ---


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("ana@example.org", "ana@example.org"),
        ("ana.haddad+news@Example.ORG", "ana.haddad+news@example.org"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@пример.рф", "ana@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_domains_in_any_script_travel_as_punycode(address: str, written: str) -> None:
    found = message(target=replace(ANA, address=address), sender=f"M <{address}>")

    domain = written.rpartition("@")[2]
    assert ascii_address(address).lower() == written
    assert header(found, "To").lower() == written
    assert header(found, "From").lower() == f"m <{written}>"
    assert header(found, "Message-ID").lower().endswith(f"@{domain}>")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "аня@example.org",
        "ana smith@example.org",
        "ana@example.org\r\nBcc: eve@example.org",
        "ana\r\nBcc:eve@example.org",
        "ana@exa mple.org",
        "ana@" + "x" * 64 + ".example",
        "ana@example..org",
        "Ana <ana@example.org>",
        "a@example.org,b@example.org",
        "a@example.org;b@example.org",
        '"a b"@example.org',
        "a@[127.0.0.1]",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        ascii_address(address)


@pytest.mark.parametrize(
    ("tls", "port", "real"),
    [
        ("starttls", None, 587),
        ("implicit", None, 465),
        ("none", None, 25),
        ("none", 2525, 2525),
    ],
)
def test_every_kind_of_tls_has_its_usual_port(
    tls: str, port: int | None, real: int
) -> None:
    found = Smtp(tls=tls, port=port)  # type: ignore[arg-type]  # one of three

    assert found.real_port == real


def test_each_address_is_a_target() -> None:
    found = Config(to=("a@example.org", "b@example.org"))

    assert found.targets() == ("a@example.org", "b@example.org")


def test_alerts_about_one_story_belong_to_one_thread() -> None:
    alert = render(replace(DIGEST, kind="instant", slot=None, stories=STORIES[:1]))
    update = replace(alert, id="d2")

    first, second = (message_from_bytes(rendered(d)) for d in (alert, update))

    assert header(first, "References") == header(second, "References")
    assert header(first, "In-Reply-To") == header(first, "References")
    assert "References" not in message_from_bytes(rendered())


def test_answers_go_where_they_are_wanted() -> None:
    smtp = Smtp(sender=SENDER, reply_to="Desk <desk@example.org>")
    (part,) = Config(to=(ANA.address,), smtp=smtp).render(SHOWN, ANA)

    assert (
        header(message_from_bytes(part.payload), "Reply-To")
        == "Desk <desk@example.org>"
    )


@pytest.mark.parametrize("name", ["Syria desk", 'He "the" desk', "مكتب سوريا", "=?x?="])
def test_a_list_has_a_name_and_an_id_that_stays(name: str) -> None:
    found = header(
        message_from_bytes(rendered(render(replace(DIGEST, name=name)))), "List-Id"
    )

    assert found.endswith(" <desk.example.org>")


def test_the_digests_of_a_month_are_one_thread_where_that_is_wanted() -> None:
    digest = replace(SHOWN, monthly_thread=True)
    later = replace(digest, id="d2", slot=digest.now + timedelta(days=1))
    next_month = replace(digest, id="d3", slot=digest.now + timedelta(days=40))

    first, second, third = (
        header(message_from_bytes(rendered(d)), "References")
        for d in (digest, later, next_month)
    )

    assert first == second
    assert first != third
