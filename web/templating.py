"""What every template can use: the feed's names in the reader's language, static addresses, colours."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, request

from web.i18n import LANGUAGES, language
from web.world import world

STATIC = Path(__file__).parent / "static"
CRITICAL_CSS = Path(__file__).parent / "templates" / "critical.css"


@lru_cache(maxsize=64)
def static_url(name: str) -> str:
    """The address of one of our files, which changes with its content, so that phones may keep it for good."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]}"


@lru_cache(maxsize=1)
def critical_css() -> str:
    lines = (line.strip() for line in CRITICAL_CSS.read_text(encoding="utf-8").splitlines())
    return "".join(line for line in lines if line and not line.startswith("/*"))


def in_language(tag: str) -> str:
    """The address of this very page in another language."""
    arguments = {**request.args.to_dict(), "lang": tag}
    return f"{request.path}?{urlencode(arguments)}"


def init_templates(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def words() -> dict[str, object]:
        return {
            "world": world(),
            "network": world().network,
            "language": language(),
            "languages": LANGUAGES,
            "in_language": in_language,
            "static_url": static_url,
            "critical_css": critical_css,
        }
