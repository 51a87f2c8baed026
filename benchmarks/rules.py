"""Milliseconds an article costs against 100, 10,000 and 100,000 rules, and memory.

The rules have the shapes that people write (words, phrases, NEAR, lists, NOT) over an
invented vocabulary whose words are as unevenly frequent as real ones. Sparse rules are
made of rare words; dense ones of frequent words, so that at least 400 of 10,000 rules
have to be looked at for each article. Beside it stands what usual programs do: one
regular expression a rule. CPU time of one process.

    python -m benchmarks.rules
"""

import itertools
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from monitor.models import Article, PageState
from monitor.pipeline.weigh import ENOUGH_RULES, shares_of
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse

COUNTS = (100, 10_000, 100_000)
ARTICLES = 40
WORDS = 450
BAR_MS = 3.0
BAR_TIMES = 2.0
BAR_BUILD = 1.0
_PIECES = "ba de fi go lu ma ne po ra si ta vo kel dran mun stor pliv gath"


def vocabulary(count: int) -> list[str]:
    """Invented words, the most frequent first."""
    chance = random.Random(1)  # noqa: S311 - a benchmark
    found: dict[str, None] = {}
    while len(found) < count:
        length = chance.choice((2, 2, 3, 3, 4))
        found["".join(chance.choice(_PIECES.split()) for _ in range(length))] = None
    return list(found)


def articles(words: Sequence[str], seed: int, count: int) -> list[Article]:
    """Articles in which the n-th word is as frequent as 1/n."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark
    weights = list(itertools.accumulate(1 / n for n in range(1, len(words) + 1)))

    def text(length: int) -> str:
        return " ".join(chance.choices(words, cum_weights=weights, k=length))

    return [
        Article(
            title=text(9),
            summary=text(30),
            body=text(WORDS),
            aside="",
            language="en",
            state=PageState.OK,
            url="https://example.org/1",
        )
        for _ in range(count)
    ]


def queries(words: Sequence[str], count: int) -> list[str]:
    """Rules in the proportions that people write them."""
    chance = random.Random(3)  # noqa: S311 - a benchmark

    def word() -> str:
        return chance.choice(words)

    shapes: list[Callable[[], str]] = [
        lambda: f"{word()} AND {word()}",
        lambda: f"{word()} AND {word()}",
        lambda: f"{word()} AND ({word()} OR {word()} OR {word()})",
        lambda: f'"{word()} {word()}"',
        lambda: f"{word()} NEAR/10 {word()}",
        lambda: f"({word()} OR {word()}) AND {word()} NOT {word()}",
        lambda: (
            f"{word()} NOT {word()}" if len(words) > _RARE else f"{word()} {word()}"
        ),
        lambda: f"title:{word()} AND {word()}",
        lambda: f"2 OF ({word()}, {word()}, {word()})",
    ]
    return [chance.choice(shapes)() for _ in range(count)]


_RARE = 5_000


def usual(rules: Sequence[str]) -> list[list[re.Pattern[str]]]:
    """One expression for each word of a rule, all of which must be found."""
    return [
        [re.compile(rf"\b{w}\w*", re.IGNORECASE) for w in re.findall("[a-z]+", rule)]
        for rule in rules
    ]


def anchored(index: Index, article: Article) -> set[int]:
    """The rules of which a word that leads to them stands in an article."""
    there = index.read(article).spots
    return {id(tree) for single in there for tree, _ in index.anchored.get(single, ())}


def measure(
    words: Sequence[str], found: list[Article], count: int, shares: Mapping[str, float]
) -> tuple[float, ...]:
    """Milliseconds an article, seconds to build and to learn, candidates, MB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rules = [
        Rule(name=str(n), tree=parse(text))
        for n, text in enumerate(queries(words, count))
    ]
    started = time.process_time()
    index = Index(rules, {}, shares if count >= ENOUGH_RULES else {})
    build = time.process_time() - started
    started = time.process_time()
    index.vocabulary.learn("en")  # when the first English article comes, in a thread
    learn = time.process_time() - started
    for article in found:  # a service has seen nearly every word before
        index.match(article)
    started = time.process_time()
    for article in found:
        index.match(article)
    spent = (time.process_time() - started) / len(found)
    looked_at = fmean(len(anchored(index, a)) for a in found[:10])
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return spent * 1000, build, learn, looked_at, (after - before) / 1024


def main() -> None:
    words = vocabulary(30_000)
    found, read_before = articles(words, 2, ARTICLES), articles(words, 4, 400)
    shares = shares_of(read_before)  # as the service looks at its start
    sys.stdout.write(
        "rules: ms an article, candidates, seconds to build, to learn English, MB\n"
    )
    bad = False
    for name, used in (("sparse", words[2_000:]), ("dense", words[350:2_700])):
        base = 0.0
        for count in COUNTS:
            spent, build, learn, looked_at, more = measure(used, found, count, shares)
            base = base or spent
            if count == COUNTS[1]:
                bad |= spent > BAR_MS or build > BAR_BUILD or spent > BAR_TIMES * base
            sys.stdout.write(
                f"  {name:6} {count:8,} rules {spent:7.2f} ms {looked_at:8.0f} "
                f"{build:7.2f} s {learn:7.2f} s {more:7.0f} MB\n"
            )
    texts = queries(words[2_000:], 1_000)
    patterns = usual(texts)
    started = time.process_time()
    for article in found[:3]:
        whole = f"{article.title} {article.summary} {article.body}"
        for rule in patterns:
            all(p.search(whole) for p in rule)
    each = (time.process_time() - started) / 3 * 1000
    sys.stdout.write(
        f"  one regular expression a word and rule: {each * 10:.0f} ms at 10,000 rules\n"
    )
    if bad:
        sys.exit(1)


if __name__ == "__main__":
    main()
