"""What riders pay for each kind of page, by content encoding: python -m benchmarks.page_bytes URL.

Bytes of the body as it is sent, of one request each; gzip at the level of today is also what was sent before brotli and zstd.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from urllib.request import Request, urlopen

from benchmarks.screens import paths

ENCODINGS = ("identity", "gzip", "zstd", "br")
FILES = ("/gtfs-rt/vehicle_positions.pb", "/gtfs-rt/trip_updates.pb", "/gtfs-rt/trip_updates.json", "/api/v1/vehicles")


def body_bytes(url: str, encoding: str) -> int:
    """Bytes of the body in this encoding, or as it is where the server does not encode it."""
    with urlopen(Request(url, headers={"Accept-Encoding": encoding}), timeout=10) as answer:
        return len(answer.read())


def table(address: str) -> Iterator[str]:
    """Lines to print: a page each, then the sum."""
    yield f"{'address':44}" + "".join(f"{encoding:>10}" for encoding in ENCODINGS)
    total = dict.fromkeys(ENCODINGS, 0)
    for path in [path for path in paths(address) if "none" not in path] + list(FILES):
        row = {encoding: body_bytes(address + path, encoding) for encoding in ENCODINGS}
        total = {encoding: total[encoding] + size for encoding, size in row.items()}
        yield f"{path[:43]:44}" + "".join(f"{size:10}" for size in row.values())
    yield f"{'all':44}" + "".join(f"{size:10}" for size in total.values())


if __name__ == "__main__":
    print("\n".join(table(sys.argv[1].rstrip("/"))))
