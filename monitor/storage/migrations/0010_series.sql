-- What one source titles alike but for its figures: how a report's series is found.
ALTER TABLE article ADD COLUMN series BIGINT;
CREATE INDEX article_series ON article (series, id);
