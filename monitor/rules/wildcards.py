"""Read a word with wildcards; what would find nothing, or nearly all, is a mistake. Pure."""

import re

from monitor.rules.lexer import Token, problem
from monitor.rules.tree import Wildcard, Word
from monitor.text.words import tokens as words_of

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u309f\u3400-\u9fff]{2,}"
)


def has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def wildcard(token: Token, *, exact: bool) -> Wildcard | Word:
    """A wildcard word, if it says enough.

    Raises:
        RuleError: It has too few letters, several words, or a = before it.
    """
    text = token.text
    if _UNSPACED.fullmatch(text.strip("*")) and not exact:
        return Word(text.strip("*"))  # such words are found inside others anyway
    letters = "".join(word.surface for word in words_of(re.sub(r"[*?]", "", text)))
    enough = 2 if re.search(r"[\u4e00-\u9fff]", letters) else 3
    if exact or len(letters) < enough:
        message = f"{text!r} is too short" if not exact else "= does not go with * or ?"
        hint = f"write at least {enough} letters" if not exact else f"write {text}"
        raise problem("E11", message, token.start, token.end, hint)
    if _UNSPACED.search(letters):
        hint = "leave * and ? out: such words are found inside others anyway"
        message = f"{text!r}: no wildcards in scripts without spaces"
        raise problem("E11", message, token.start, token.end, hint)
    if re.sub(r"[*?]", "", text) != letters:
        hint = "write one word: letters and digits with * and ?"
        message = f"{text!r} is more than one word"
        raise problem("E11", message, token.start, token.end, hint)
    return Wildcard(text)
