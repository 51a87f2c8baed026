"""What several rooms need: words, URLs, HTML, positions in TOML."""
