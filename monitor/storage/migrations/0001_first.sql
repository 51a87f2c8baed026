-- Times are microseconds since 1970, UTC. JSON stands in TEXT.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The unit of politeness and of claims: due_at is the lease as well.
CREATE TABLE host (
    id         /*id*/,
    name       TEXT NOT NULL UNIQUE,
    due_at     BIGINT NOT NULL,
    allowed_at BIGINT NOT NULL DEFAULT 0,
    token      TEXT,
    node       TEXT
);
CREATE INDEX host_due ON host (due_at);

CREATE TABLE feed (
    id             /*id*/,
    name           TEXT NOT NULL UNIQUE,
    url            TEXT NOT NULL,
    host_id        BIGINT NOT NULL REFERENCES host (id),
    configured     BIGINT NOT NULL DEFAULT 1,
    title          TEXT NOT NULL DEFAULT '',
    language       TEXT NOT NULL DEFAULT '',
    etag           TEXT,
    last_modified  TEXT,
    body_hash      TEXT,
    pulse          TEXT,
    fresh_for      BIGINT,
    ttl            BIGINT,
    next_poll_at   BIGINT NOT NULL,
    last_polled_at BIGINT,
    last_good_at   BIGINT,
    baseline_at    BIGINT,
    failures       BIGINT NOT NULL DEFAULT 0,
    failing_since  BIGINT,
    error          TEXT,
    last_status    BIGINT,
    last_entries   BIGINT NOT NULL DEFAULT 0,
    old_ignored    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX feed_host ON feed (host_id, next_poll_at);

CREATE TABLE flood (
    id         /*id*/,
    feed_id    BIGINT NOT NULL REFERENCES feed (id),
    at         BIGINT NOT NULL,
    entries    BIGINT NOT NULL,
    state      TEXT NOT NULL,
    decided_at BIGINT
);

-- eligible_at: from when on an entry may be told; its first sighting, or the time a
-- person let it in (backfill, a released flood).
CREATE TABLE entry (
    id           /*id*/,
    feed_id      BIGINT NOT NULL REFERENCES feed (id),
    state        TEXT NOT NULL,
    guid         TEXT NOT NULL,
    url          TEXT NOT NULL,
    revision     BIGINT NOT NULL DEFAULT 0,
    text_hash    TEXT NOT NULL,
    published_at BIGINT,
    first_seen   BIGINT NOT NULL,
    last_seen    BIGINT NOT NULL,
    eligible_at  BIGINT NOT NULL,
    flood_id     BIGINT REFERENCES flood (id),
    page_host_id BIGINT REFERENCES host (id),
    due_at       BIGINT,
    token        TEXT,
    alone        BIGINT NOT NULL DEFAULT 0,
    deaths       BIGINT NOT NULL DEFAULT 0,
    tries        BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX entry_due ON entry (due_at) WHERE due_at IS NOT NULL AND page_host_id IS NULL;
CREATE INDEX entry_page ON entry (page_host_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX entry_feed ON entry (feed_id, first_seen);
CREATE INDEX entry_url ON entry (url);

CREATE TABLE entry_key (
    feed_id  BIGINT NOT NULL REFERENCES feed (id),
    kind     TEXT NOT NULL,
    hash     TEXT NOT NULL,
    entry_id BIGINT NOT NULL REFERENCES entry (id),
    PRIMARY KEY (feed_id, kind, hash)
);

-- What the feed said, a row a revision.
CREATE TABLE entry_text (
    entry_id     BIGINT NOT NULL REFERENCES entry (id),
    revision     BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    url          TEXT NOT NULL,
    title        TEXT NOT NULL,
    summary      TEXT NOT NULL,
    content      TEXT NOT NULL,
    author       TEXT NOT NULL,
    tags         TEXT NOT NULL,
    source_url   TEXT NOT NULL,
    language     TEXT NOT NULL,
    published_at BIGINT,
    PRIMARY KEY (entry_id, revision)
);

CREATE TABLE story (
    id         /*id*/,
    public_id  TEXT NOT NULL UNIQUE,
    first_seen BIGINT NOT NULL
);

-- Copies of one text.
CREATE TABLE copy_group (
    id         /*id*/,
    public_id  TEXT NOT NULL UNIQUE,
    story_id   BIGINT NOT NULL REFERENCES story (id),
    first_seen BIGINT NOT NULL
);
CREATE INDEX copy_group_story ON copy_group (story_id);

-- One reading of one revision of an entry; never changed, so that offsets stay true.
CREATE TABLE article (
    id            /*id*/,
    entry_id      BIGINT NOT NULL REFERENCES entry (id),
    revision      BIGINT NOT NULL,
    reading       BIGINT NOT NULL,
    group_id      BIGINT NOT NULL REFERENCES copy_group (id),
    copy_of       BIGINT REFERENCES article (id),
    copy_kind     TEXT,
    read_at       BIGINT NOT NULL,
    state         TEXT NOT NULL,
    note          TEXT NOT NULL DEFAULT '',
    title         TEXT NOT NULL,
    summary       TEXT NOT NULL,
    body          TEXT NOT NULL,
    aside         TEXT NOT NULL,
    language      TEXT NOT NULL,
    url           TEXT NOT NULL,
    final_url     TEXT NOT NULL,
    canonical_url TEXT NOT NULL,
    origin        TEXT NOT NULL,
    source        TEXT NOT NULL,
    author        TEXT NOT NULL,
    tags          TEXT NOT NULL,
    published_at  BIGINT,
    UNIQUE (entry_id, revision, reading)
);
CREATE INDEX article_group ON article (group_id);

-- How a later article finds its copies: kind is 'url' or 'text'.
CREATE TABLE copy_key (
    kind       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    article_id BIGINT NOT NULL REFERENCES article (id),
    day        BIGINT NOT NULL,
    PRIMARY KEY (kind, hash)
);

CREATE TABLE rule_match (
    id         /*id*/,
    article_id BIGINT NOT NULL REFERENCES article (id),
    entry_id   BIGINT NOT NULL REFERENCES entry (id),
    rule       TEXT NOT NULL,
    rule_hash  TEXT NOT NULL,
    score      DOUBLE PRECISION NOT NULL,
    weak       BIGINT NOT NULL,
    hits       TEXT NOT NULL,
    matched_at BIGINT NOT NULL,
    UNIQUE (article_id, rule)
);
CREATE INDEX rule_match_rule ON rule_match (rule, matched_at);
CREATE INDEX rule_match_entry ON rule_match (entry_id, rule);

CREATE TABLE subscriber (
    name         TEXT PRIMARY KEY,
    schedule     TEXT NOT NULL DEFAULT '',
    next_slot_at BIGINT,
    told_until   BIGINT,
    token        TEXT,
    due_at       BIGINT NOT NULL DEFAULT 0
);

-- since_at: what was first seen before is not due. A changed unit sets it anew.
CREATE TABLE subscription (
    subscriber TEXT NOT NULL,
    rule       TEXT NOT NULL,
    since_at   BIGINT NOT NULL,
    unit       TEXT NOT NULL,
    PRIMARY KEY (subscriber, rule)
);

CREATE TABLE digest (
    id          /*id*/,
    public_id   TEXT NOT NULL UNIQUE,
    subscriber  TEXT NOT NULL,
    slot        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    stories     BIGINT NOT NULL,
    window_from BIGINT,
    window_to   BIGINT,
    created_at  BIGINT NOT NULL,
    UNIQUE (subscriber, slot)
);

-- number 0 is "new", later ones are updates.
CREATE TABLE told (
    id         /*id*/,
    subscriber TEXT NOT NULL,
    unit       TEXT NOT NULL,
    number     BIGINT NOT NULL,
    cause      TEXT,
    weak       BIGINT NOT NULL DEFAULT 0,
    rules      TEXT NOT NULL,
    article_id BIGINT NOT NULL REFERENCES article (id),
    digest_id  BIGINT NOT NULL REFERENCES digest (id),
    at         BIGINT NOT NULL,
    UNIQUE (subscriber, unit, number)
);
CREATE INDEX told_article ON told (article_id);

-- Which matches a telling settled; what is due is found by absence from here.
CREATE TABLE told_match (
    subscriber TEXT NOT NULL,
    match_id   BIGINT NOT NULL REFERENCES rule_match (id),
    told_id    BIGINT REFERENCES told (id),
    PRIMARY KEY (subscriber, match_id)
);

-- One part to one target, frozen.
CREATE TABLE delivery (
    id         /*id*/,
    public_id  TEXT NOT NULL UNIQUE,
    digest_id  BIGINT NOT NULL REFERENCES digest (id),
    subscriber TEXT NOT NULL,
    channel    TEXT NOT NULL,
    target     TEXT NOT NULL,
    part       BIGINT NOT NULL,
    payload    /*blob*/ NOT NULL,
    state      TEXT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    token      TEXT,
    tried_at   BIGINT,
    sent_at    BIGINT,
    last_code  BIGINT,
    last_text  TEXT,
    remote_id  TEXT,
    thread     TEXT,
    UNIQUE (digest_id, channel, target, part)
);
CREATE INDEX delivery_due ON delivery (channel, due_at) WHERE state IN ('pending', 'sending', 'in_doubt');
CREATE INDEX delivery_state ON delivery (state, created_at);
