"""What the process counts about itself, for Prometheus. Base units, few labels.

The counters are of this process; what the database knows (feeds, outbox) is asked for
when somebody looks, so that it is the same on every node.
"""

import resource
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_MOST_RULES = 500
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800)

registry = CollectorRegistry(auto_describe=False)
_rules: set[str] = set()

polls = Counter("monitor_polls", "Polls of feeds", ["outcome"], registry=registry)
poll_seconds = Histogram(
    "monitor_poll_duration_seconds", "How long polls take",
    buckets=_SECONDS, registry=registry,
)  # fmt: skip
poll_lag = Histogram(
    "monitor_poll_lag_seconds", "How long after their time polls begin",
    buckets=_SECONDS, registry=registry,
)  # fmt: skip
articles = Counter(
    "monitor_articles", "Articles read, by what became of their pages", ["result"],
    registry=registry,
)  # fmt: skip
_matches = Counter(
    "monitor_matches", "Articles that met a rule", ["rule"], registry=registry
)
digests = Counter("monitor_digests", "Digests made", ["outcome"], registry=registry)
deliveries = Counter(
    "monitor_deliveries", "Messages tried", ["channel", "outcome"], registry=registry
)
delivery_seconds = Histogram(
    "monitor_delivery_duration_seconds", "How long a far side takes to answer",
    ["channel"], buckets=_SECONDS, registry=registry,
)  # fmt: skip
delivery_latency = Histogram(
    "monitor_delivery_latency_seconds", "From the digest to the accepted message",
    ["channel"], buckets=_SECONDS, registry=registry,
)  # fmt: skip
successes = Gauge(
    "monitor_last_success_timestamp_seconds", "When a stage last ended well", ["task"],
    registry=registry,
)  # fmt: skip
loop_lag = Gauge(
    "monitor_event_loop_lag_seconds", "How late the event loop woke up last",
    registry=registry,
)  # fmt: skip
feeds = Gauge("monitor_feeds", "Feeds by state", ["state"], registry=registry)
stories_active = Gauge(
    "monitor_stories_active", "Stories told of in the last three days",
    registry=registry,
)  # fmt: skip
outbox_size = Gauge(
    "monitor_outbox_size", "Messages by state", ["state"], registry=registry
)
outbox_oldest = Gauge(
    "monitor_outbox_oldest_seconds", "Age of the oldest message that waits",
    registry=registry,
)  # fmt: skip
db_size = Gauge("monitor_db_size_bytes", "What the database takes", registry=registry)
build_info = Gauge(
    "monitor_build_info", "The version that runs", ["version"], registry=registry
)
_memory = Gauge(
    "monitor_process_resident_memory_max_bytes", "The most memory this process took",
    registry=registry,
)  # fmt: skip
_cpu = Gauge(
    "monitor_process_cpu_seconds", "CPU time of this process", registry=registry
)


def count_matches(rule: str) -> None:
    """Count an article that met a rule; of very many rules the last are "other"."""
    if rule not in _rules and len(_rules) >= _MOST_RULES:
        rule = "other"
    _rules.add(rule)
    _matches.labels(rule).inc()


def ended_well(task: str) -> None:
    """Note that a stage has done a round without an error."""
    successes.labels(task).set(time.time())


def measure_process() -> None:
    """Take this process's own figures: /proc is hidden from a hardened service."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _memory.set(used.ru_maxrss * 1_024)
    _cpu.set(used.ru_utime + used.ru_stime)
