import pytest

from monitor.models import Article
from monitor.rules.explain import outline, why, why_not
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from tests.rules.trying import article, found, index


def told(query: str, read: Article) -> str:
    return why_not(index(query), query, read)


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("jet NEAR/1 Aleppo", "no jets", "needs Aleppo"),
        ("jet NEAR/1 Aleppo", "Aleppo", "needs jet"),
        (
            "(jet OR drone) NEAR/1 Aleppo",
            "Aleppo",
            "needs one of jet OR drone",
        ),
        (
            "jet NEAR/1 Aleppo",
            "jets x y Aleppo z z z jets",
            "jet NEAR/1 Aleppo: closest pair is 2 words apart",
        ),
        (
            "jet ONEAR/1 Aleppo",
            "Aleppo jets",
            "jet ONEAR/1 Aleppo: only in the other order",
        ),
        (
            'apple EXCEPT "apple pie"',
            "apple pie",
            'apple EXCEPT "apple pie": every apple stands inside "apple pie"',
        ),
        ('apple EXCEPT "apple pie"', "tart", "needs apple"),
        ("ATLEAST/3 war", "war, wars", "ATLEAST/3 war: found 2 of 3"),
        (
            "2 OF (war, Homs, Aleppo)",
            "war",
            "2 OF (war, Homs, Aleppo): found 1 of 2 (war)",
        ),
        ("1 OF (Homs, Hama)", "war", "1 OF (Homs, Hama): found 0 of 1"),
        ("/wa+r/", "peace", "needs /wa+r/"),
        ("Alep*", "Idlib", "needs Alep*"),
        ("=US", "told us", '=US: found "us" (case)'),
        ("=organ", "organs", '=organ: found "organs" (another form)'),
        (
            '="White House"',
            "the white house",
            '="White House": found "white house" (case)',
        ),
        ("=Homs", "war", "needs =Homs"),
        ("war -/wa+r/", "a war", "excluded by NOT /wa+r/, in body, at 2"),
        ("war -lang:en", "war", "excluded by NOT lang:en, by its lang"),
        ("war -source:t.example", "war", "excluded by NOT source:t.example"),
        ("source:bbc.com", "war", 'source:bbc.com: its source is "Tass"'),
        ("tag:(a OR b)", "war", 'tag:(a OR b): its tag is "peace"'),
        (
            "title:(war NEAR/1 peace)",
            "war",
            "war: found, but not in title",
        ),
        ("text:(war OR peace)", "x", "needs one of war OR peace"),
    ],
)
def test_a_miss_tells_the_nearest_fact(query: str, text: str, expected: str) -> None:
    read = article(text, source="Tass", tags=("peace",), url="https://t.example/1")

    reason = told(query, read)

    assert reason == expected


def test_near_in_different_fields_is_told() -> None:
    reason = told("jet NEAR/1 Aleppo", article("Aleppo", title="jets"))

    assert reason == "jet NEAR/1 Aleppo: never in one field"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("text:(/war/ NEAR/3 peace)", "needs /war/"),
        ("text:(Aleppo war)", "needs war"),
    ],
)
def test_a_miss_of_text_is_told_like_one_of_bare_words(
    query: str, expected: str
) -> None:
    reason = told(query, article("Aleppo"))

    assert reason == expected


@pytest.mark.parametrize("query", ["Aleppo war", "Aleppo"])
def test_a_score_that_is_too_low_is_told(query: str) -> None:
    strict = Index([Rule(name="r", tree=parse(query), min_score=9.0)], {})

    reason = why_not(strict, "r", article("Aleppo war"))

    assert "score" in reason


def test_a_miss_of_atleast_counts_like_the_rule_does() -> None:
    reason = told("ATLEAST/2 (Aleppo OR =Aleppo)", article("Aleppo"))

    assert reason.endswith("found 1 of 2")


def test_a_match_by_operators_is_told_in_words() -> None:
    match = found("Alep* NEAR/1 /wa+r/", article("In Aleppo: waar"))

    assert match is not None
    assert why(match.hits) == (
        'Alep* (wildcard, form "Aleppo", body) AND /wa+r/ (regex, form "waar", body)'
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Aleppo", ['+ Aleppo  title 3-9 "Aleppo" (exact) … (2 places)']),
        ("Homs", ["- Homs"]),
        (
            "Aleppo airstrike NOT football",
            [
                "+ AND",
                '  + Aleppo  title 3-9 "Aleppo" (exact) … (2 places)',
                '  + airstrike  body 0-11 "Air strikes" (compound)',
                "  + NOT football  absent, as required",
                "    - football",
            ],
        ),
        (
            "Aleppo NOT airstrike",
            [
                "- AND",
                '  + Aleppo  title 3-9 "Aleppo" (exact) … (2 places)',
                "  - NOT airstrike  it is there",
                '    + airstrike  body 0-11 "Air strikes" (compound)',
            ],
        ),
        (
            "Homs OR body:Aleppo",
            [
                "+ OR",
                "  - Homs",
                "  + body:Aleppo",
                '    + Aleppo  body 15-21 "Aleppo" (exact)',
            ],
        ),
        (
            "2 OF (Homs, /A\\w+o/)",
            [
                "- 2 OF (Homs, /A\\w+o/)",
                "  - Homs",
                '  + /A\\w+o/  title 3-9 "Aleppo" (regex) … (2 places)',
            ],
        ),
        (
            "on NEAR/0 Aleppo",
            ['+ on NEAR/0 Aleppo  body 12-14 "on" (exact) … (2 places)'],
        ),
        ("lang:en", ["+ lang:en", "  + en  lang"]),
        ("source:example.com", ["+ source:example.com", "  + example.com"]),
        ("*", ["+ *"]),
    ],
)
def test_an_outline_shows_what_each_part_found(query: str, expected: list[str]) -> None:
    read = article("Air strikes on Aleppo.", title="In Aleppo")

    lines = outline(index(query), query, read)

    assert lines == expected
