"""The object that file and webhook carry, version 1. Pure.

Programs rely on it, so it only grows.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitor.models import ArticleMatch, Coverage, Digest, DigestStory, StoryMember

Json = dict[str, Any]

# What json leaves as it is and some readers do not: line breaks that are none to
# others, terminal controls, bidi overrides, half characters.
_ESCAPED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def payload(digest: Digest, delivery_id: str) -> bytes:
    """The object as one line of JSON, whatever the reader takes for a line break."""
    text = json.dumps(as_json(digest, delivery_id), ensure_ascii=False)
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", text).encode()


def as_json(digest: Digest, delivery_id: str) -> Json:
    """The object; ``delivery_id`` is the same on every retry."""
    return {
        "version": 1,
        "id": delivery_id,
        "kind": digest.kind,
        "notice": digest.notice or None,
        "more": 0,
        "subscriber": digest.subscriber,
        "slot": digest.slot.isoformat() if digest.slot else None,
        "window": [_time(t) for t in digest.window] if digest.window else None,
        "stories": [_story(s) for s in digest.stories],
        "coverage": _coverage(digest.coverage),
    }


def _time(time: datetime | None) -> str | None:
    return time.isoformat(timespec="seconds") if time else None


def _story(story: DigestStory) -> Json:
    return {
        "id": story.id,
        "status": story.status,
        "cause": story.cause,
        "title": story.title,
        "url": story.url,
        "source": story.source,
        "origin": story.origin,
        "language": story.language,
        "published": _time(story.published),
        "first_seen": _time(story.first_seen),
        "excerpt": story.excerpt,
        "priority": story.priority,
        "rules": list(story.rules),
        "voices": story.voices,
        "matches": [_match(m) for m in story.matches],
        "articles": _articles(story.articles),
        "more_articles": story.more_articles,
    }


def _match(match: ArticleMatch) -> Json:
    return {
        "rule": match.rule,
        "article": match.article,
        "weak": match.weak,
        "hits": [
            {
                "term": h.term,
                "field": h.field,
                "start": h.start,
                "end": h.end,
                "form": h.form,
                "via": h.via,
            }
            for h in match.hits
        ],
    }


def _articles(articles: Sequence[StoryMember]) -> list[Json]:
    return [
        {
            "url": a.url,
            "title": a.title,
            "source": a.source,
            "feed": a.feed,
            "guid": a.guid,
            "published": _time(a.published),
            "first_seen": _time(a.first_seen),
            "copy_of": a.copy_of,
        }
        for a in articles
    ]


def _coverage(coverage: Coverage) -> Json:
    return {
        "feeds": coverage.feeds,
        "read": coverage.read,
        "failing": [
            {"feed": f.feed, "since": _time(f.since), "error": f.error}
            for f in coverage.failing
        ],
        "gaps": [
            {"feed": g.feed, "at": _time(g.at), "up_to": g.up_to} for g in coverage.gaps
        ],
        "held": [{"feed": h.feed, "items": h.items} for h in coverage.held],
        "summary_only": coverage.summary_only,
        "down": [_time(at) for at in coverage.down] if coverage.down else None,
    }
