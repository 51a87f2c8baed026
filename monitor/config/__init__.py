"""config.toml as frozen values; all mistakes reported at once, each with its place."""

from monitor.config.load import load, load_texts, loads
from monitor.config.values import (
    Config,
    FeedConfig,
    RuleConfig,
    SubscriberConfig,
)

__all__ = [
    "Config",
    "FeedConfig",
    "RuleConfig",
    "SubscriberConfig",
    "load",
    "load_texts",
    "loads",
]
