import pytest

from monitor.rules.syntax import parse
from monitor.rules.tree import (
    And,
    AtLeast,
    Everything,
    Except,
    In,
    ListName,
    Near,
    Node,
    Not,
    Of,
    Or,
    Phrase,
    Regex,
    Site,
    Wildcard,
    Word,
)

LISTS = ["aleppo"]
ALEPPO, AIRSTRIKE, IDLIB = Word("Aleppo"), Word("airstrike"), Word("Idlib")


# --- what a query means ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Aleppo", ALEPPO),
        ("  Aleppo  ", ALEPPO),
        ("*", Everything()),
        (" * ", Everything()),
        ("Aleppo airstrike", And((ALEPPO, AIRSTRIKE))),
        ("Aleppo AND airstrike", And((ALEPPO, AIRSTRIKE))),
        ("Aleppo\nAND airstrike Idlib", And((ALEPPO, AIRSTRIKE, IDLIB))),
        ("Aleppo OR Idlib", Or((ALEPPO, IDLIB))),
        ("Aleppo NOT Idlib", And((ALEPPO, Not(IDLIB)))),
        ("Aleppo AND NOT Idlib", And((ALEPPO, Not(IDLIB)))),
        ("Aleppo -Idlib", And((ALEPPO, Not(IDLIB)))),
        ("Aleppo NOT NOT Idlib", And((ALEPPO, Not(Not(IDLIB))))),
        ("(Aleppo OR Idlib) airstrike", And((Or((ALEPPO, IDLIB)), AIRSTRIKE))),
        ("(Aleppo AND Idlib) airstrike", And((ALEPPO, IDLIB, AIRSTRIKE))),
        ("((Aleppo))", ALEPPO),
        ("title:Aleppo", In("title", ALEPPO)),
        ("summary:(Aleppo OR Idlib)", In("summary", Or((ALEPPO, IDLIB)))),
        ('body:"air strike"', In("body", Phrase("air strike"))),
        ("body:=US", In("body", Word("US", exact=True))),
        ("@aleppo -@aleppo", And((ListName("aleppo"), Not(ListName("aleppo"))))),
        ("=US", Word("US", exact=True)),
        ('="Al Aleppo"', Phrase("Al Aleppo", exact=True)),
        (
            "“White House” „Haus“ «дом»",
            And((Phrase("White House"), Phrase("Haus"), Phrase("дом"))),
        ),
        (r'"say \"no\" \\ now"', Phrase(r'say "no" \ now')),
        (r'"C:\dir"', Phrase(r"C:\dir")),
        (
            "F-16 U.S. O'Brien AT&T 12:30",
            And(
                (
                    Word("F-16"),
                    Word("U.S."),
                    Word("O'Brien"),
                    Word("AT&T"),
                    Word("12:30"),
                )
            ),
        ),
        ("https://example.com/a", Word("https://example.com/a")),
        ("And Or", And((Word("And"), Word("Or")))),
        ('"and"', Phrase("and")),
        # operators
        ("Aleppo NEAR Idlib", Near(ALEPPO, IDLIB)),
        ("Aleppo NEAR/0 Idlib", Near(ALEPPO, IDLIB, 0)),
        ("Aleppo NEAR/07 Idlib", Near(ALEPPO, IDLIB, 7)),
        ("Aleppo ONEAR Idlib", Near(ALEPPO, IDLIB, ordered=True)),
        ("Aleppo ONEAR/99 Idlib", Near(ALEPPO, IDLIB, 99, ordered=True)),
        (
            "Aleppo NEAR/1 Idlib EXCEPT x",
            Except(Near(ALEPPO, IDLIB, 1), Word("x")),
        ),
        (
            "Aleppo NEAR/1 (Idlib EXCEPT x)",
            Near(ALEPPO, Except(IDLIB, Word("x")), 1),
        ),
        (
            "x Aleppo NEAR/1 Idlib",
            And((Word("x"), Near(ALEPPO, IDLIB, 1))),
        ),
        ("x -Aleppo NEAR/1 Idlib", And((Word("x"), Not(Near(ALEPPO, IDLIB, 1))))),
        ("ATLEAST/3 Aleppo", AtLeast(3, ALEPPO)),
        ("ATLEAST/3 (Aleppo OR Idlib)", AtLeast(3, Or((ALEPPO, IDLIB)))),
        ("2 OF (Aleppo, Idlib)", Of(2, (ALEPPO, IDLIB))),
        ("2 OF(Aleppo,Idlib)", Of(2, (ALEPPO, IDLIB))),
        ("2 OF (x, Aleppo Idlib)", Of(2, (Word("x"), And((ALEPPO, IDLIB))))),
        ("2 Aleppo", And((Word("2"), ALEPPO))),
        ("Aleppo OR 1 OF (Idlib)", Or((ALEPPO, Of(1, (IDLIB,))))),
        # wildcards and regular expressions
        ("Alep*", Wildcard("Alep*")),
        ("*strike* wom?n", And((Wildcard("*strike*"), Wildcard("wom?n")))),
        ("/Alep+o/", Regex("Alep+o")),
        ("/Alep+o/i war", And((Regex("Alep+o", any_case=True), Word("war")))),
        (r"/a\/b \d (c)/", Regex(r"a/b \d (c)")),
        ("(/x/i)", Regex("x", any_case=True)),
        ("2 OF (/x/i,/y/)", Of(2, (Regex("x", any_case=True), Regex("y")))),
        ("and/or", Word("and/or")),
        # fields
        ("text:Aleppo", In("text", ALEPPO)),
        ("source:bbc.co.uk", In("source", Site("bbc.co.uk"))),
        ('source:"BBC News"', In("source", Phrase("BBC News"))),
        ("source:BBC", In("source", Word("BBC"))),
        ("source:=bbc.com", In("source", Word("bbc.com", exact=True))),
        (
            "origin:(bbc.com OR Reuters)",
            In("origin", Or((Site("bbc.com"), Word("Reuters")))),
        ),
        ("url:bbc.com", In("url", Word("bbc.com"))),
        ("bbc.com", Word("bbc.com")),
        ("title:ATLEAST/2 Aleppo", In("title", AtLeast(2, ALEPPO))),
        ("tag:1 OF (Aleppo, Idlib)", In("tag", Of(1, (ALEPPO, IDLIB)))),
        ("author:/^Jo/", In("author", Regex("^Jo"))),
    ],
)
def test_a_query_becomes_a_tree(query: str, expected: Node) -> None:
    tree = parse(query, LISTS)

    assert tree == expected
