"""The four stages: poll, read, digest, send."""
