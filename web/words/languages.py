"""Languages: the catalogues of web/translations, compiled in memory, so that no .mo file can be out of date."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from transit.plan.network import Network

LANGUAGES = ("id", "en")  # the first is the default; the words in code and templates are English
COOKIE = "lang"
NOT_NEGOTIATED = (  # prefixes of addresses that are shown to many, read by programs, or in one language only
    "/t/", "/api/", "/tanda/", "/embed/", "/layar/", "/gtfs", "/metrics", "/healthz", "/static/", "/vendor/", "/offline/",
)  # fmt: skip
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
        return catalogue(language())


def choose_language() -> str:
    """The language of the address, else of the cookie, else (for pages) of the browser, else of the feed, else ours."""
    if not has_request_context():
        return LANGUAGES[0]
    tags = [request.args.get("lang"), request.cookies.get(COOKIE)]
    if negotiates():
        tags.append(negotiate_locale([tag.replace("-", "_") for tag in request.accept_languages.values()], LANGUAGES))
    tags.append(getattr(g, "feed_language", None))
    return next((tag for tag in tags if tag in LANGUAGES), LANGUAGES[0])


def negotiates() -> bool:
    """Whether the browser's own language counts here: on pages, not on what is shown to many or read by programs."""
    return request.path != "/t" and not request.path.startswith(NOT_NEGOTIATED)


def feed_language(network: Network | None) -> str:
    """The language of a feed (feed_info.txt, else the agency's), without its region; empty where it does not say."""
    if network is None:
        return ""
    info = network.feed_info
    tag = (info.default_lang or info.lang if info else "") or (network.agencies[0].lang if network.agencies else "")
    return tag.split("-")[0].lower()


def language() -> str:
    """Of this request; our languages have no territories."""
    locale = get_locale()
    return LANGUAGES[0] if locale is None else locale.language


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
            if not response.content_language:
                response.content_language.add(language())
            response.vary.add("Cookie")
            if negotiates() and "lang" not in request.args:
                response.vary.add("Accept-Language")
        return response
