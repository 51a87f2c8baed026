"""rules: list, show, explain, test; audit is next door."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from monitor.articles.extract import read_page
from monitor.cli.asked import index_of, read_query
from monitor.cli.audit import audit_command
from monitor.cli.group import with_globals
from monitor.cli.output import bold, count, emit, settings, table
from monitor.cli.session import configuration, run
from monitor.cli.trial import trial_tools
from monitor.config import Config
from monitor.http import Request
from monitor.models import Article, Page, PageState
from monitor.rules.explain import inflected, outline, why_not
from monitor.rules.index import Index, Rule
from monitor.rules.tree import list_names
from monitor.text.forms import LANGUAGES, other_forms

_MAX_TEXT = 2 << 20


@click.group("rules")
@with_globals
def rules_command() -> None:
    """List rules, show what they mean, and try them on texts."""


@rules_command.command("list")
@with_globals
def rules_list() -> None:
    r"""Show every rule: its query, its feeds, who gets it.

    \b
    Examples:
      monitor rules list
    """
    config = configuration()
    rows = []
    for name, rule in config.rules.items():
        who = [n for n, s in config.subscribers.items() if name in s.rules]
        rows.append(
            (
                name,
                ", ".join(rule.feeds) or "all feeds",
                ", ".join(who) or "nobody",
                config.queries[name],
            )
        )
    data = [
        dict(zip(("name", "feeds", "subscribers", "query"), r, strict=True))
        for r in rows
    ]
    headers = ("rule", "feeds", "goes to", "query")
    emit({"rules": data}, lambda: table(headers, rows) or "No rules are configured.")


def _check_name(name: str, config: Config) -> None:
    if name not in config.rules:
        known = ", ".join(config.rules) or "none"
        raise click.UsageError(f"there is no rule {name!r}; the rules are {known}")


@rules_command.command("show")
@click.argument("name")
@click.option(
    "--language",
    type=click.Choice(sorted(LANGUAGES)),
    default="en",
    show_default=True,
    metavar="en",
    help="The language in which to show forms",
)
@with_globals
def rules_show(name: str, language: str) -> None:
    r"""Show one rule: the query that its lists become, and the forms of its words.

    \b
    Examples:
      monitor rules show aleppo
      monitor rules show aleppo --language fr
    """
    config = configuration()
    _check_name(name, config)
    query, tree = config.queries[name], config.index.rules[name].tree
    lists = {n: config.lists[n] for n in dict.fromkeys(list_names(tree))}
    words = inflected(tree, config.lists)
    forms = {w: f for w, f in other_forms(words, language).items() if f}
    data = {"name": name, "query": query, "lists": lists, "forms": forms}
    emit(data, lambda: _shown(name, lists, forms, config))


def _shown(
    name: str,
    lists: Mapping[str, Sequence[str]],
    forms: Mapping[str, Sequence[str]],
    config: Config,
) -> str:
    rule = config.rules[name]
    lines = [bold(rule.title or name), f"  query     {config.queries[name]}"]
    lines += [f"  @{of:8} {', '.join(items)}" for of, items in lists.items()]
    lines.append(f"  feeds     {', '.join(rule.feeds) or 'all'}")
    lines.append(f"  priority  {rule.priority}; on update: {rule.on_update}")
    width = max(map(len, forms), default=0)
    lines += [f"  {w:{max(9, width)}} also {', '.join(f)}" for w, f in forms.items()]
    lines.append("  Case, accents and compounds (air strike, airstrike) do not matter.")
    return "\n".join(lines)


# --- explain ---


@rules_command.command("explain")
@click.argument("rule", metavar="RULE|QUERY")
@click.option("--article", required=True, metavar="FILE|URL", help="The text to try")
@click.option("--language", default="", help="Its language [found out]")
@with_globals
def rules_explain(rule: str, article: str, language: str) -> None:
    r"""Say why a rule meets a text, or which part of it fails and how near it came.

    The rule is the name of a configured one, or a query. The text is a file (plain
    or HTML) or the address of a page.

    \b
    Exit status: 0 it meets the text, 1 it does not.

    \b
    Examples:
      monitor rules explain aleppo --article https://example.org/world/1
      monitor rules explain 'Aleppo NEAR/5 airstrike' --article report.txt
    """
    index, name = index_of(rule)
    tried = run(_article(article, language))
    found = next((m for m in index.match(tried) if m.rule == name), None)
    lines = outline(index, name, tried)
    reason = "" if found else why_not(index, name, tried)
    data = {
        "rule": rule,
        "matches": found is not None,
        "weak": bool(found and found.weak),
        "score": found.score if found else 0,
        "hits": found.hits if found else (),
        "reason": reason,
        "outline": lines,
    }
    head = f"MATCH  score {found.score:.1f}" if found else f"NO MATCH  {reason}"
    head += "  (weak: only beside the main text)" if found and found.weak else ""
    emit(data, "\n".join([f"{head}   lang {tried.language or 'unknown'}", *lines]))
    if not found:
        click.get_current_context().exit(1)


async def _article(place: str, language: str) -> Article:
    """The article in a file, or on a page."""
    if "://" in place:
        networks = (
            configuration().fetch.private_networks
            if settings().config_path.exists()
            else ()
        )
        async with trial_tools(networks) as tools:
            fetched = await tools.client.get(Request(url=place, limit=_MAX_TEXT))
            page = await tools.workers.run(
                read_page, fetched.body, fetched.content_type, fetched.url, "", language
            )
        return _made(page, place, language)
    body = _bytes(Path(place))
    if body.lstrip()[:1] == b"<":
        return _made(read_page(body, "", "", "", language), "", language)
    title, _, rest = body.decode("utf-8", "replace").partition("\n")
    found = Page(state=PageState.OK, body=rest.strip(), language=language or "en")
    return _made(found, "", language, title=title)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_TEXT)


def _made(page: Page, url: str, language: str, *, title: str = "") -> Article:
    return Article(
        title=title,
        summary="",
        body=page.body,
        aside=page.aside,
        language=language or page.language,
        state=page.state,
        url=url,
        origin=page.origin.site,
    )


# --- test ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A text that a rule should have met and did not, or the other way round."""

    id: str
    query: str
    expected: bool
    why: str


@rules_command.command("test")
@click.argument("name", required=False)
@click.option(
    "--cases",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Solved cases: JSON lines with query, text, expected",
)
@with_globals
def rules_test(name: str | None, cases: Path | None) -> None:
    r"""Run the tests beside the rules, or solved cases from a file.

    With --cases no configuration is needed.

    \b
    Exit status: 0 all right, 1 some differ.

    \b
    Examples:
      monitor rules test
      monitor rules test aleppo
      monitor rules test --cases cases.jsonl
    """
    if cases:
        total, wrong = _run_cases(cases)
    else:
        total, wrong = _run_configured(name)
    data = {
        "cases": total,
        "right": total - len(wrong),
        "missed": [w.id for w in wrong if w.expected],
        "false": [w.id for w in wrong if not w.expected],
    }
    emit(data, lambda: _wrong_text(total, wrong))
    if wrong:
        click.get_current_context().exit(1)


def _run_cases(path: Path) -> tuple[int, list[Wrong]]:
    wrong = []
    total = 0
    for number, case in _cases(path):
        total += 1
        lists = case.get("lists", {})
        tree = read_query(case["query"], lists)
        index = Index([Rule(name="case", tree=tree)], lists)
        met = bool(index.match(_of_case(case["text"])))
        if met != case["expected"]:
            wrong.append(
                Wrong(
                    id=str(case.get("id", number)),
                    query=case["query"],
                    expected=case["expected"],
                    why=str(case.get("why", "")),
                )
            )
    return total, wrong


def _cases(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            case["query"], case["text"], case["expected"]
        except (ValueError, KeyError, TypeError) as error:
            text = f"{path}:{number}: this is no case: it needs query, text, expected"
            raise click.UsageError(text) from error
        yield number, case


def _of_case(text: dict[str, Any]) -> Article:
    return Article(
        title=text.get("title", ""),
        summary=text.get("summary", ""),
        body=text.get("body", ""),
        aside="",
        language=text.get("lang", ""),
        state=PageState.OK,
        url=text.get("url", ""),
        origin=text.get("origin", ""),
        feed=text.get("feed", ""),
        source=text.get("source", ""),
        author=text.get("author", ""),
        tags=tuple(text.get("tags", ())),
    )


def _run_configured(name: str | None) -> tuple[int, list[Wrong]]:
    """Loading the configuration runs every test; one that fails is an error there."""
    config = configuration()
    if name is not None:
        _check_name(name, config)
    tested = [config.rules[name]] if name else list(config.rules.values())
    return sum(len(r.tests.match) + len(r.tests.skip) for r in tested), []


def _wrong_text(total: int, wrong: list[Wrong]) -> str:
    lines = [
        f"  {w.id}: {w.query}  {'missed' if w.expected else 'false'}"
        + (f"  ({w.why})" if w.why else "")
        for w in wrong
    ]
    head = f"{total - len(wrong)} of {count(total, 'case')} right"
    return "\n".join([head, *lines])


rules_command.add_command(audit_command)
