"""A feed becomes entries."""
