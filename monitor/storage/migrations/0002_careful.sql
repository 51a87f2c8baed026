-- Half of a hash is enough within one feed, and a row a key is most of an entry.
CREATE TABLE key_of_entry (
    feed_id  BIGINT NOT NULL REFERENCES feed (id),
    kind     TEXT NOT NULL,
    hash     TEXT NOT NULL,
    entry_id BIGINT NOT NULL REFERENCES entry (id),
    PRIMARY KEY (feed_id, hash, kind)
) /*clustered*/;
INSERT INTO key_of_entry (feed_id, kind, hash, entry_id)
SELECT feed_id, kind, SUBSTR(hash, 1, 16), entry_id
  FROM entry_key
 WHERE 1 = 1
    ON CONFLICT (feed_id, hash, kind) DO NOTHING;
DROP TABLE entry_key;
ALTER TABLE key_of_entry RENAME TO entry_key;
UPDATE entry SET text_hash = SUBSTR(text_hash, 1, 16);
ALTER TABLE entry ADD COLUMN title_hash TEXT NOT NULL DEFAULT '';

-- identity is 'link' where guids have proved worthless; churns counts the polls in a
-- row that showed it. variant names what went with the last request: validators belong
-- to it. full_at is the last whole answer; distrusted says that the 304s are not true.
ALTER TABLE feed ADD COLUMN identity TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN churns BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN variant TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN full_at BIGINT;
ALTER TABLE feed ADD COLUMN distrusted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN skips TEXT NOT NULL DEFAULT '[[],[]]';

-- Where a permanent redirect leads, since when and how often; moved_url is asked
-- instead of the configured one once that has lasted.
ALTER TABLE feed ADD COLUMN redirect_url TEXT;
ALTER TABLE feed ADD COLUMN redirect_since BIGINT;
ALTER TABLE feed ADD COLUMN redirects BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN moved_url TEXT;

-- What its health is judged by; told is the state that the operator knows of.
ALTER TABLE feed ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN gone_at BIGINT;
ALTER TABLE feed ADD COLUMN last_new_at BIGINT;
ALTER TABLE feed ADD COLUMN gap_at BIGINT;
ALTER TABLE feed ADD COLUMN gap_entries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN paused_at BIGINT;
ALTER TABLE feed ADD COLUMN told TEXT NOT NULL DEFAULT '';
UPDATE feed SET full_at = last_good_at, last_new_at = last_good_at;

-- The entries of the last document that need not be parsed again.
CREATE TABLE feed_document (
    feed_id BIGINT PRIMARY KEY REFERENCES feed (id),
    changes BIGINT NOT NULL,
    entries /*blob*/ NOT NULL
);
