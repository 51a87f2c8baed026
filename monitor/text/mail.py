"""Addresses of mail, how a text is encoded for it, and how long it becomes. Pure."""

import re
from typing import Literal

Encoding = Literal["base64", "quoted-printable"]

_LINE = 75
_NOT_ASCII = bytes(range(128, 256))
_ESCAPED = b"=\x7f" + _NOT_ASCII
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}", re.ASCII)
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*", re.ASCII)


def ascii_address(address: str) -> str:
    """An address with its domain in IDNA, as envelopes and headers need it.

    Raises:
        ValueError: It is no address, or its local part is not ASCII.
    """
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local):
        raise ValueError(f"not an e-mail address we can send to: {address!r}")
    try:
        name = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"not an e-mail address: {address!r}") from error
    if not _DOMAIN.fullmatch(name):
        raise ValueError(f"not an e-mail address: {address!r}")
    return f"{local}@{name}"


def encoding_of(text: str) -> Encoding:
    """base64 where more than a third of the bytes would have to be escaped."""
    raw = text.encode("utf-8", "replace")
    escaped = len(raw) - len(raw.translate(None, _NOT_ASCII))
    return "base64" if escaped * 3 > len(raw) else "quoted-printable"


def encoded_size(text: str) -> int:
    """About how many bytes a text has as it is sent, line breaks included."""
    raw = text.encode("utf-8", "replace")
    if encoding_of(text) == "base64":
        return len(raw) * 4 // 3 + 2 * (len(raw) // 57)
    escaped = len(raw) - len(raw.translate(None, _ESCAPED))
    size = len(raw) + 2 * escaped
    return size + 3 * (size // _LINE) + raw.count(b"\n")
