"""Languages: the catalogues of web/translations, compiled in memory, so that no stale .mo can lie about."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale

LANGUAGES = ("id", "en")  # the first is the default; the words in code and templates are English
COOKIE = "lang"
COOKIE_AGE_S = 365 * 24 * 3600
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"


@lru_cache(maxsize=8)
def catalogue(language: str) -> NullTranslations:
    """Every .po file of a language, merged; English needs none, since the msgids are English."""
    merged: NullTranslations = NullTranslations()
    for path in sorted((CATALOGUES / language / "LC_MESSAGES").glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        translations = Translations(compiled)
        if isinstance(merged, Translations):
            merged.merge(translations)
        else:
            merged = translations
    return merged


class MemoryDomain(Domain):
    """Flask-Babel's look-up, answered from the catalogues in memory."""

    def get_translations(self) -> NullTranslations:
        return catalogue(str(get_locale() or LANGUAGES[0]))


def choose_language() -> str:
    """The address says it, else the cookie, else the default."""
    if not has_request_context():
        return LANGUAGES[0]
    tag = request.args.get("lang") or request.cookies.get(COOKIE)
    return tag if tag in LANGUAGES else LANGUAGES[0]


def language() -> str:
    return str(get_locale() or LANGUAGES[0])


def choose_timezone() -> str:
    """Pages set g.timezone to the feed's agency_timezone."""
    return getattr(g, "timezone", None) or "UTC"


def init_languages(app: Flask) -> None:
    babel = Babel(app, default_locale=LANGUAGES[0], locale_selector=choose_language, timezone_selector=choose_timezone)
    babel.domain_instance = MemoryDomain()

    @app.after_request
    def remember(response):  # type: ignore[no-untyped-def]
        tag = request.args.get("lang")
        if tag in LANGUAGES and tag != request.cookies.get(COOKIE):
            response.set_cookie(COOKIE, tag, max_age=COOKIE_AGE_S, samesite="Lax", httponly=True, secure=request.is_secure)
        if response.mimetype == "text/html":
            response.vary.add("Cookie")
        return response
