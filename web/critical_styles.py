"""The styles that stand in a page itself: of critical.css those sections that something in the page needs."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "templates" / "critical.css"
SLOT = "/*critical*/"  # base.html and bare.html have it at the beginning of their <style>
HEAD = re.compile(r"/\* (?:every page|only: ([^*]+)) \*/")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
UNSEEN = re.compile(r'<input type="hidden"[^>]*>')
NAMES = re.compile(r"""(?:class|id)="([^"]*)"|<([a-z0-9]+)""")


class Section(NamedTuple):
    """needed_by: names of elements, classes and ids, any of which makes it needed; empty: every page needs it."""

    needed_by: frozenset[str]
    rules: str


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    css = FILE.read_text(encoding="utf-8")
    heads = list(HEAD.finditer(css))
    starts, ends = [0, *(head.end() for head in heads)], [*(head.start() for head in heads), len(css)]
    names = ["", *(head[1] or "" for head in heads)]
    return tuple(
        Section(frozenset(name.split()), "".join(map(str.strip, COMMENT.sub("", css[start:end]).splitlines())))
        for name, start, end in zip(names, starts, ends, strict=True)
    )


def names_in(html: str) -> frozenset[str]:
    """Every element, class and id of a page, but for fields that nobody sees."""
    return frozenset(name for match in NAMES.findall(UNSEEN.sub("", html)) for names in match for name in names.split())


def critical_rules(html: str, *, whole: bool = False) -> str:
    """whole: every section, for pages whose parts change for others."""
    names = names_in(html)
    return "".join(
        section.rules for section in sections() if whole or not section.needed_by or not section.needed_by.isdisjoint(names)
    )
