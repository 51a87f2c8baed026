-- The first three entries of a feed in which a line stands; with three it is furniture.
CREATE TABLE repeated_line (
    feed_id      BIGINT NOT NULL REFERENCES feed (id),
    hash         BIGINT NOT NULL,
    day          BIGINT NOT NULL,
    first_entry  BIGINT NOT NULL,
    second_entry BIGINT,
    third_entry  BIGINT,
    PRIMARY KEY (feed_id, hash)
) /*clustered*/;

-- How many pages in a row said no more than the feed; from three on few are asked for.
ALTER TABLE feed ADD COLUMN agreements BIGINT NOT NULL DEFAULT 0;

-- What a claimed origin rests on, from 0 to 1 how sure it is, and the page's headline.
ALTER TABLE article ADD COLUMN origin_evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN origin_confidence DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE article ADD COLUMN heading TEXT NOT NULL DEFAULT '';

-- When what was told is read again, how often it was, and whether its page was missing
-- when it was looked for last.
ALTER TABLE entry ADD COLUMN recheck_at BIGINT;
ALTER TABLE entry ADD COLUMN rechecks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN missing BIGINT NOT NULL DEFAULT 0;
