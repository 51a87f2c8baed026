"""TOML documents of every syntax, made by hypothesis."""

import json

from hypothesis import strategies as st

# Characters that mean something in TOML, and some of other scripts.
LIVELY = "ab1 .=[]{},#\"'\\\n\téحل-"


def basic(text: str) -> str:
    """A text as a basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _multiline(text: str) -> str:
    body = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\n{body}"""'


TEXTS = st.text(LIVELY, max_size=8)
LITERALS = st.text(LIVELY.replace("'", "").replace("\n", ""), max_size=8)
STRINGS = st.one_of(
    TEXTS.map(basic),
    TEXTS.map(_multiline),
    LITERALS.map(lambda text: f"'{text}'"),
    LITERALS.map(lambda text: f"'''\n{text}\n'{text}'''"),
    st.sampled_from(
        ['"""a""b\\"""c"""""', "''''a''b'''''", '"""\\\n   a \\  \n\n b"""']
    ),
)
SCALARS = st.one_of(
    st.integers().map(str),
    st.sampled_from(
        ["1_000", "0xDEAD", "-1.5e-3", "+inf", "nan", "true", "false", "1979-05-27",
         "07:32:00.5", "1979-05-27 07:32:00", "1979-05-27T07:32:00.25-07:00",
         "1979-05-27 07:32:00Z"]
    ),
)  # fmt: skip
BLANKS = st.sampled_from(["", " ", "\n", " # c ] } ' \"\n", "\n\n\t", "\r\n"])
SPACES = st.sampled_from(["", " ", "\t "])


def _array(items: list[str], blank: str, trailing: str) -> str:
    return f"[{blank}{f',{blank}'.join(items)}{trailing}{blank}]"


def _inline(pairs: list[tuple[str, str]], space: str) -> str:
    inner = f",{space} ".join(
        f"k{n}{k}{space}={space}{v}" for n, (k, v) in enumerate(pairs)
    )
    return f"{{{space}{inner}{space}}}"


def _items(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        _array,
        st.lists(values, min_size=1, max_size=3),
        BLANKS,
        st.sampled_from(["", ","]),
    )


TAILS = st.sampled_from(["", ".x", " . 'y z'", '."\\u00e9"'])
VALUES = st.recursive(
    STRINGS | SCALARS | st.just("[]") | st.just("{ }"),
    lambda inner: (
        _items(inner)
        | st.builds(
            _inline, st.lists(st.tuples(TAILS, inner), min_size=1, max_size=3), SPACES
        )
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(["a", "b-1", "'c.d'", '"e\\"f"', '"ح"', "1", "é".join('""')])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A text that is nearly always valid TOML."""
    lines = []
    for number in range(draw(st.integers(0, 5))):
        space = draw(SPACES)
        name, tail = draw(NAMES), draw(TAILS)
        kind = draw(st.sampled_from(["pair", "pair", "table", "tables", "blank"]))
        if kind == "pair":
            lines.append(f"{space}p{number}.{name}{tail}{space}={space}{draw(VALUES)}")
        elif kind == "table":
            lines.append(f"{space}[{space}t{number % 2}{tail}.{name}{space}]{space}# c")
        elif kind == "tables":
            lines.append(f"[[ m{number % 2} {tail} ]]")
        else:
            lines.append(draw(BLANKS))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end]))
