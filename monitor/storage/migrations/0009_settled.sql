-- Up to this match a subscriber has been told all that it will ever be: decision 28.
ALTER TABLE subscriber ADD COLUMN settled_to BIGINT NOT NULL DEFAULT 0;
CREATE INDEX rule_match_rule_id ON rule_match (rule, id);
