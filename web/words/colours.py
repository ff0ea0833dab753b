"""The colours of routes, made readable where the feed's are not."""

from __future__ import annotations

from transit.plan.network import Route


def colours(route: Route) -> tuple[str, str]:
    """Ground and ink of a route's badge. An ink that cannot be read on it (WCAG AA, 4.5:1) is replaced."""
    ground = (route.color or "455A64").upper()
    ink = (route.text_color or "FFFFFF").upper()
    if contrast(ground, ink) < 4.5:
        ink = max(("FFFFFF", "000000"), key=lambda candidate: contrast(ground, candidate))
    return ground, ink


def contrast(colour: str, other: str) -> float:
    light, dark = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
