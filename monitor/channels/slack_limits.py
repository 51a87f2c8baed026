"""What Slack takes, checked before anything is stored. Pure.

The limits are those of Slack's reference of blocks; its own models miss four of them.
"""

from collections.abc import Callable, Iterator
from typing import Any

MOST_BLOCKS = 50
HEADER = 150
SECTION = 3_000
FIELD = 2_000
MOST_FIELDS = 10
MOST_ELEMENTS = 10
URL = 3_000
TEXT = 40_000
Block = dict[str, Any]


def faults(payload: Block) -> list[str]:
    """What Slack would refuse a message for; empty if nothing."""
    found = []
    text = payload.get("text")
    if not isinstance(text, str) or not text.strip():
        found.append("no text for notifications")
    elif len(text) > TEXT:
        found.append(f"the text is over {TEXT} characters")
    blocks = payload.get("blocks", [])
    if len(blocks) > MOST_BLOCKS:
        found.append(f"{len(blocks)} blocks, {MOST_BLOCKS} at most")
    for block in blocks:
        found += _of_block(block)
    return found


def _of_block(block: Block) -> Iterator[str]:
    check = _CHECKS.get(str(block.get("type")))
    if check is None:
        yield f"no block of type {block.get('type')!r}"
    else:
        yield from check(block)


def _of_header(block: Block) -> Iterator[str]:
    if block["text"].get("type") != "plain_text":
        yield "a header is plain text"
    yield from _length(block["text"], HEADER, "a header")


def _of_context(block: Block) -> Iterator[str]:
    if not 1 <= len(block.get("elements", ())) <= MOST_ELEMENTS:
        yield f"a context has 1 to {MOST_ELEMENTS} elements"
    for element in block.get("elements", ()):
        yield from _length(element, SECTION, "a context")


def _of_section(block: Block) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield "a section has a text or fields"
    if "text" in block:
        yield from _length(block["text"], SECTION, "a section")
    if len(block.get("fields", ())) > MOST_FIELDS:
        yield f"a section has at most {MOST_FIELDS} fields"
    for field in block.get("fields", ()):
        yield from _length(field, FIELD, "a field")


def _length(element: Block, most: int, what: str) -> Iterator[str]:
    text = element.get("text")
    if not isinstance(text, str) or not text.strip():
        yield f"{what} without a text"
    elif len(text) > most:
        yield f"{what} of {len(text)} characters, {most} at most"


def _of_rich_text(block: Block) -> Iterator[str]:
    parts = [one for part in block.get("elements", ()) for one in part["elements"]]
    if not parts:
        yield "a rich text without elements"
    for part in parts:
        if part["type"] == "text" and not part.get("text"):
            yield "an empty piece of rich text"
        if part["type"] == "link" and not (0 < len(part.get("url", "")) <= URL):
            yield f"a link of 1 to {URL} characters"
    if sum(len(part.get("text", "")) for part in parts) > SECTION:
        yield f"a rich text of over {SECTION} characters"


_CHECKS: dict[str, Callable[[Block], Iterator[str]]] = {
    "header": _of_header,
    "section": _of_section,
    "context": _of_context,
    "rich_text": _of_rich_text,
    "divider": lambda _: iter(()),
}
