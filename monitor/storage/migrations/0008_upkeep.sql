-- What points to a row is found without looking at a whole table when the row goes.
CREATE INDEX copy_key_article ON copy_key (article_id);
CREATE INDEX told_match_match ON told_match (match_id);
CREATE INDEX told_match_told ON told_match (told_id);
CREATE INDEX told_digest ON told (digest_id);
CREATE INDEX entry_key_entry ON entry_key (entry_id);
CREATE INDEX article_copy_of ON article (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX sketch_group ON sketch (group_id);
CREATE INDEX muted_story ON muted (story_id);
CREATE INDEX irrelevant_story ON irrelevant (story_id);
CREATE INDEX digest_created ON digest (created_at);
-- Which stories are alive.
CREATE INDEX story_last_seen ON story (last_seen);
