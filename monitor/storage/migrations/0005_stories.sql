-- What a story is known by: the sum of its articles' vectors, and its strongest terms.
ALTER TABLE story ADD COLUMN last_seen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE story ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE story ADD COLUMN centroid TEXT NOT NULL DEFAULT '{}';
ALTER TABLE story ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
ALTER TABLE story ADD COLUMN figures TEXT NOT NULL DEFAULT '[]';
UPDATE story SET last_seen = first_seen;

CREATE TABLE story_term (
    day      BIGINT NOT NULL,
    term     BIGINT NOT NULL,
    story_id BIGINT NOT NULL,
    PRIMARY KEY (day, term, story_id)
) /*clustered*/;

-- In how many articles a term stands; term 0 counts the articles.
CREATE TABLE term (
    hash     BIGINT PRIMARY KEY,
    articles BIGINT NOT NULL
) /*clustered*/;

-- A muted story is told to nobody again.
ALTER TABLE story ADD COLUMN muted_at BIGINT;
