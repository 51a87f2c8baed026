"""Say a story in plain words, for channels that show no page. Pure."""

from monitor.digests import wording
from monitor.digests.filters import pieces, safe_url
from monitor.digests.speech import plural, say
from monitor.digests.wording import Found, Reason
from monitor.models import Brief, Digest, DigestStory
from monitor.text.words import clean

_NAMED = 3


def briefs(digest: Digest) -> tuple[Brief, ...]:
    """The stories that chat carries, in the order in which mail has them."""
    shown = digest.stories[: digest.shown]
    ordered = [
        s for g in wording.groups(digest.rules, shown, digest.shown) for s in g.stories
    ]
    return tuple(_brief(story, digest) for story in ordered)


def _brief(story: DigestStory, digest: Digest) -> Brief:
    outlets = plural(story.voices, "outlet", "outlets") if story.voices > 1 else ""
    return Brief(
        label=clean(" · ".join(b.word + b.detail for b in wording.badges(story))),
        title=wording.headline(story.title),
        url=safe_url(story.url),
        byline=clean(" · ".join(filter(None, (story.source, outlets)))),
        at=story.published or story.first_seen,
        excerpt=tuple(one for one in pieces(story.excerpt, story.marks, 600) if one[0]),
        also=clean(_also(story)),
        why=clean("; ".join(_reason(r) for r in wording.reasons(story, digest.rules))),
        urgent=story.priority == "urgent",
    )


def _also(story: DigestStory) -> str:
    """Who else has the story: "Also in 6 sources: BBC, AFP, SANA, … (2 copies)"."""
    others = [member for member in story.articles if member.url != story.url]
    sources = dict.fromkeys([*(m.source for m in others), *story.more_sources])
    names = [name for name in sources if name != story.source]
    if not names:
        return ""
    copies = sum(member.copy_of is not None for member in others) + story.more_copies
    more = ", …" if len(names) > _NAMED else ""
    of_which = f" ({plural(copies, 'copy', 'copies')})" if copies else ""
    return say(
        "Also in {sources}: {names}",
        sources=plural(len(names), "source", "sources"),
        names=", ".join(names[:_NAMED]) + more + of_which,
    )


def _reason(reason: Reason) -> str:
    rule = f"{reason.rule}: " if reason.rule else ""
    if not reason.found:
        return rule + say(
            "it met the rule before it was corrected"
            if reason.before
            else "the rule takes every article"
        )
    weak = f" ({say('found outside the main text')})" if reason.weak else ""
    return rule + ", ".join(map(_found, reason.found)) + weak


def _found(found: Found) -> str:
    forms = ", ".join(found.forms)
    return f"{forms} ({found.term})" if found.term else forms
