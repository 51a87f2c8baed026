"""Know a page that is no article: a wall for subscribers, a consent page, an error. Pure."""

import re

from monitor.models import PageState

SHORTEST = 80
_SHORT = 1_500

_WALL = re.compile(
    r"\b(?:subscribe|sign in|log in|sign up|register|become a member)\b.{0,60}"
    r"\b(?:to (?:continue|keep|read)|for (?:full|unlimited) access)\b"
    r"|\b(?:this (?:article|content|story) is|available only|exclusively) (?:for|to) "
    r"(?:\w+ )?(?:subscribers|members)\b"
    r"|(?:abonn(?:ieren|ez-vous|ement)|suscr[ií]bete|assine|abbonati)\b.{0,80}"
    r"\b(?:weiterlesen|lire la suite|seguir leyendo|continuar lendo|continuare)\b"
    r"|réservé aux abonnés|nur für abonnenten|solo para suscriptores"
    r"|только для подписчиков|للمشتركين فقط",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\bbefore you continue\b|\bwe (?:and our (?:\d+ )?partners |value your privacy)"
    r"|\b(?:use|uses|store|accept) (?:all )?cookies\b|\bcookie (?:policy|settings|consent)\b"
    r"|\bwir (?:verwenden|nutzen|und unsere partner)\b.{0,60}\bcookies?\b"
    r"|\bnous (?:utilisons|et nos partenaires)\b.{0,60}\bcookies?\b"
    r"|\butili[sz]amos\b.{0,40}\bcookies\b|\butilizziamo\b.{0,40}\bcookie\b"
    r"|мы используем.{0,40}cookie|ملفات تعريف الارتباط",
    re.IGNORECASE,
)
_SCRIPT_NEEDED = re.compile(
    r"\b(?:enable|activate|turn on|requires?|need)\b.{0,40}\bjavascript\b"
    r"|\bjavascript\b.{0,60}\b(?:disabled|required|enabled|aktivieren|activer)\b",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"^\W{0,3}(?:error )?(?:404|403|410|429|500|502|503)\b"
    r"|\b(?:404|403|500|502|503)\W{1,3}(?:error|not found|forbidden|page)\b"
    r"|\berror\W{1,3}(?:404|403|500|502|503)\b"
    r"|\b(?:page|article) (?:not|cannot be|could not be) found\b|\baccess denied\b"
    r"|\bjust a moment\b|\battention required\b|\bare you a (?:human|robot)\b"
    r"|\b(?:service|temporarily) unavailable\b|\bseite nicht gefunden\b"
    r"|\bpage introuvable\b|\bpágina no encontrada\b|страница не найдена",
    re.IGNORECASE,
)


def state_of(*, body: str, end: str, title: str, whole: str, free: bool) -> PageState:
    """What kind of page it is.

    ``body`` is the article's text, ``end`` the last lines of all that was extracted,
    ``whole`` the plain text of the page (its beginning is enough), and ``free`` False
    where the page says that it is for subscribers.
    """
    if len(body) >= _SHORT:
        return PageState.OK
    if _ERROR.search(title):
        return PageState.ERROR_PAGE
    if not free or _WALL.search(end):
        return PageState.PAYWALL
    if len(body) < SHORTEST and _SCRIPT_NEEDED.search(whole):
        return PageState.JS_SHELL
    if _is_consent(body):
        return PageState.CONSENT
    return PageState.OK if len(body) >= SHORTEST else PageState.SHORT


def _is_consent(text: str) -> bool:
    """Whether a text talks of cookies in its first lines, and of little else."""
    lines = [line for line in text.split("\n") if line.strip()][:4]
    first = " ".join(lines)[:400].lower()
    signs = len(set(_CONSENT.findall(first)))
    return signs >= 2 or (signs > 0 and len(text) < 600)
