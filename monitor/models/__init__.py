"""The values that pass from stage to stage.

    poll    Feed     -> Fetched -> [Entry]
    read    Entry    -> Article -> [Match]
    digest  [Match]  -> Digest  -> [Part]
    send    Part     -> channel

All are frozen. Times are aware UTC datetimes, durations timedeltas.
"""

from monitor.models.archive import (
    AllOf,
    AnyOf,
    FeedCount,
    Filed,
    Overlap,
    RuleCount,
    Wanted,
    WordKey,
)
from monitor.models.articles import (
    Article,
    Hit,
    Match,
    Origin,
    Page,
    PageState,
    Via,
)
from monitor.models.copies import Sketch, Told, Vector
from monitor.models.deliveries import (
    PLACE,
    Delivery,
    DeliveryState,
    Part,
    Receipt,
    Target,
)
from monitor.models.digests import (
    Alert,
    ArticleMatch,
    Brief,
    Cause,
    Coverage,
    Digest,
    DigestStory,
    DueMatch,
    FailingFeed,
    HeldFlood,
    PossibleGap,
    RuleLine,
    StoryMember,
    Theme,
)
from monitor.models.feeds import (
    Entry,
    EntryState,
    Feed,
    FeedLine,
    Fetched,
    Key,
    Kind,
    KnownEntry,
    ParsedFeed,
    Pulse,
    Redirect,
    Remembered,
    Skips,
    Trouble,
    WaitingEntry,
)
from monitor.models.secret import Secret

__all__ = [
    "PLACE",
    "Alert",
    "AllOf",
    "AnyOf",
    "Article",
    "ArticleMatch",
    "Brief",
    "Cause",
    "Coverage",
    "Delivery",
    "DeliveryState",
    "Digest",
    "DigestStory",
    "DueMatch",
    "Entry",
    "EntryState",
    "FailingFeed",
    "Feed",
    "FeedCount",
    "FeedLine",
    "Fetched",
    "Filed",
    "HeldFlood",
    "Hit",
    "Key",
    "Kind",
    "KnownEntry",
    "Match",
    "Origin",
    "Overlap",
    "Page",
    "PageState",
    "ParsedFeed",
    "Part",
    "PossibleGap",
    "Pulse",
    "Receipt",
    "Redirect",
    "Remembered",
    "RuleCount",
    "RuleLine",
    "Secret",
    "Sketch",
    "Skips",
    "StoryMember",
    "Target",
    "Theme",
    "Told",
    "Trouble",
    "Vector",
    "Via",
    "WaitingEntry",
    "Wanted",
    "WordKey",
]
