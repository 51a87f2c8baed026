-- How rules find articles that are stored: by the keys of their words, made by us.
/*words table*/;
CREATE INDEX article_read ON article (read_at);
CREATE INDEX article_language ON article (language);
