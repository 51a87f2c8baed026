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
