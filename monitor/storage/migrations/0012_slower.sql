-- Until when a way that asked for fewer messages gets half as many.
ALTER TABLE destination ADD COLUMN slow_until BIGINT NOT NULL DEFAULT 0;
