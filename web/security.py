"""Headers that keep a page to its own origin, and the styles that such a policy lets through.

No style attribute and no inline script passes the policy. Two things are inline all the same: the critical CSS, and the
colours of the routes, which only the feed knows. Templates write a colour as a class (`b-0057B8-FFFFFF` for a badge,
`c-0057B8` for a line) and its rule is added to the page's one <style>, whose hash goes into the policy.
"""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from web.critical_styles import SLOT as CRITICAL_SLOT
from web.critical_styles import critical_rules

CONSOLE = "/armada"  # its parts are replaced by others while it is open: it gets all styles
COLOUR_SLOT = "/*colours*/"  # base.html has it at the end of its <style>
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
BADGE = re.compile(r"\bb-([0-9A-F]{6})-([0-9A-F]{6})\b")
LINE = re.compile(r"\bc-([0-9A-F]{6})\b")


def colour_rules(html: str) -> str:
    """The rules of every colour class that occurs in a page."""
    badges = sorted(set(BADGE.findall(html)))
    rules = [f".b-{back}-{ink}{{background:#{back};color:#{ink}}}" for back, ink in badges]
    rules += [f".c-{ink}{{--c:#{ink}}}" for ink in sorted(set(LINE.findall(html)))]
    return "".join(rules)


def sha256(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def tile_origin(tile_url: str) -> str:
    """The origin of a tile template as a policy source; {s} becomes a wildcard."""
    if not tile_url:
        return ""
    parts = urlsplit(tile_url.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def policy(styles: list[str], *, scripts: list[str] | None = None, tile_url: str = "", embeddable: bool = False) -> str:
    """A Content-Security-Policy for one page: ours only, plus the hashes of these inline styles and scripts."""
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["style-src 'self'", *map(sha256, styles)]),
            " ".join(["script-src 'self'", *map(sha256, scripts or [])]),
            " ".join(filter(None, ["img-src 'self' data:", tile_origin(tile_url)])),
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors *" if embeddable else "frame-ancestors 'none'",
        ]
    )


def init_security(app: Flask) -> None:
    @app.after_request
    def guard(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        if response.mimetype != "text/html" or response.is_streamed or response.status_code == 304:
            return response
        html = "" if "shared_part" in g else response.get_data(as_text=True)  # such a part has no styles of its own
        if COLOUR_SLOT in html:
            rules = critical_rules(html, whole=request.path.startswith(CONSOLE))
            html = html.replace(COLOUR_SLOT, colour_rules(html), 1).replace(CRITICAL_SLOT, rules, 1)
            response.set_data(html)
        allowed = policy(STYLE.findall(html), tile_url=g.get("tile_url", ""), embeddable=g.get("embeddable", False))
        headers.setdefault("Content-Security-Policy", allowed)
        headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
        return response
