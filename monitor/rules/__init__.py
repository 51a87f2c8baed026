"""An article meets the rules."""
