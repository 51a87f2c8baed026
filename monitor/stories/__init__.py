"""Articles become stories."""
