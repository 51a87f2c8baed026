"""Watch news feeds and tell people what matters, once."""

__version__ = "0.1.0"
