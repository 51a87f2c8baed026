"""The rule that a command is asked about: one of the configuration, or a query."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import click

from monitor.cli.output import settings
from monitor.cli.session import configuration
from monitor.config import Config
from monitor.errors import RuleError
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import caret, parse
from monitor.rules.tree import Node

QUERY = "(query)"
"""The name of what has none; no rule of a configuration is written so."""

_NO_LISTS: Mapping[str, Sequence[str]] = MappingProxyType({})


def read_query(query: str, lists: Mapping[str, Sequence[str]] = _NO_LISTS) -> Node:
    """The tree of a query; a mistake is shown with a caret, as usage."""
    try:
        query.encode()
    except UnicodeEncodeError as error:
        raise click.UsageError("the query is no text in UTF-8") from error
    try:
        return parse(query, lists)
    except RuleError as error:
        text = f"{error}\n{caret(query, error)}\n  {error.hint}"
        raise click.UsageError(text) from error


def rule_of(asked: str, config: Config) -> Rule:
    """The configured rule of that name, or a rule of that query."""
    if asked in config.rules:
        return config.index.rules[asked]
    return Rule(name=QUERY, tree=read_query(asked, config.lists))


def index_of(asked: str) -> tuple[Index, str]:
    """An index of one rule, and its name; a query needs no configuration."""
    if not settings().config_path.exists():
        return Index([Rule(name=QUERY, tree=read_query(asked))], {}), QUERY
    config = configuration()
    rule = rule_of(asked, config)
    return Index([rule], config.lists), rule.name
