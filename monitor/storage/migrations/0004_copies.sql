-- How copies find each other. A key is the hash of four words in a row; old days go first.
CREATE TABLE near_key (
    day        BIGINT NOT NULL,
    hash       BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    PRIMARY KEY (day, hash, article_id)
) /*clustered*/;

-- A text for comparing: its shingles in their order, its facts.
CREATE TABLE sketch (
    article_id BIGINT PRIMARY KEY REFERENCES article (id),
    group_id   BIGINT NOT NULL REFERENCES copy_group (id),
    source     TEXT NOT NULL,
    title      TEXT NOT NULL,
    hashes     /*blob*/ NOT NULL,
    figures    TEXT NOT NULL,
    names      TEXT NOT NULL
);

-- The first three groups in which a sentence or line stands; with three it is furniture.
CREATE TABLE segment (
    hash         BIGINT PRIMARY KEY,
    day          BIGINT NOT NULL,
    first_group  BIGINT NOT NULL,
    second_group BIGINT,
    third_group  BIGINT
) /*clustered*/;

-- How much of the shorter text is in the longer one, and what a copy says that is new.
ALTER TABLE article ADD COLUMN containment DOUBLE PRECISION;
ALTER TABLE article ADD COLUMN news TEXT;
