-- What is old is found without looking at the whole of a table.
CREATE INDEX segment_day ON segment (day);
CREATE INDEX repeated_line_day ON repeated_line (day);
