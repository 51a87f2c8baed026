-- Where messages go: from when on the next one may, since when nothing arrives and what
-- the operator was told of that.
CREATE TABLE destination (
    channel       TEXT NOT NULL,
    target        TEXT NOT NULL,
    allowed_at    BIGINT NOT NULL DEFAULT 0,
    failing_since BIGINT,
    error         TEXT NOT NULL DEFAULT '',
    told_at       BIGINT,
    PRIMARY KEY (channel, target)
);

CREATE INDEX told_when ON told (subscriber, at);

-- What people decided by a link or a command.
ALTER TABLE subscriber ADD COLUMN paused_until BIGINT;

CREATE TABLE unsubscribed (
    subscriber TEXT NOT NULL,
    channel    TEXT NOT NULL,
    target     TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (subscriber, channel, target)
);

CREATE TABLE muted (
    subscriber TEXT NOT NULL,
    story_id   BIGINT NOT NULL REFERENCES story (id),
    at         BIGINT NOT NULL,
    PRIMARY KEY (subscriber, story_id)
);

CREATE TABLE irrelevant (
    subscriber TEXT NOT NULL,
    story_id   BIGINT NOT NULL REFERENCES story (id),
    rule       TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (subscriber, story_id, rule)
);
