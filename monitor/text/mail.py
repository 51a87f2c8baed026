"""How a text is encoded for mail, and how long it becomes. Pure."""

from typing import Literal

Encoding = Literal["base64", "quoted-printable"]

_LINE = 75
_NOT_ASCII = bytes(range(128, 256))
_ESCAPED = b"=\x7f" + _NOT_ASCII


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
