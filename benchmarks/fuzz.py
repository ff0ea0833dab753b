"""Payloads and feeds that nobody would send: the decoder and the reader answer each with a value, in bounded time and memory.

    python -m benchmarks.fuzz [--payloads 1000000] [--feeds 100000] [--seed 1]

A payload is a good one that was changed (bytes, values, nesting, encodings), or noise; a feed is the sample with a file cut,
cells exchanged, columns or files removed, bytes changed. Anything but a decoded message, a feed or BrokenFeed is a crash.
The first crashes are printed with the seed that makes them again.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

from gps_ingest.decoder import decode
from gtfs.reader import BrokenFeed, read_feed

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "binjai"
TOPICS = (
    "transbinjai/v1/trackers/T1/position", "transbinjai/v1/trackers/T1/status", "owntracks/driver7/phone", "owntracks/a/b/c",
    "transbinjai/v1/trackers//position", "", "a/b", "transbinjai/v1/trackers/\x00/position",
)  # fmt: skip
GOOD = (
    {"latitude": 3.6, "longitude": 98.5, "timestamp": 1795392000, "speed": 8.0, "bearing": 90, "seq": 4, "accuracy_m": 5},
    {"_type": "location", "lat": 3.6, "lon": 98.5, "tst": 1795392000, "acc": 8, "vel": 24, "cog": 51, "batt": 80},
    [{"latitude": 3.6, "longitude": 98.5, "timestamp": 1795392000}] * 3,
)
STRANGE = (
    None, True, -1, 0, 1e308, -1e308, 2**63, 2**64, 10**400, 0.1, "", "3.6", "NaN", "\ud800", "é" * 50, [], [[]], {}, {"a": []},
    float("nan"), float("inf"), -0.0, 1795392000000, 1795392000000000, 4_294_967_296, "2026-11-28T00:00:00Z", "\x00",
)  # fmt: skip
CELLS = (
    "",
    "-1",
    "99999999999999999999",
    "NaN",
    "1e999",
    "25:61:61",
    "99:59:59",
    "20261399",
    "\x00",
    "é" * 40,
    '"',
    "0",
    "S999",
    " ",
)
SLOW_S = 5.0  # a feed that takes longer is counted as slow; the sample takes 0.05 s
SHOWN = 5  # crashes


def a_payload(luck: random.Random) -> bytes:
    kind = luck.random()
    if kind < 0.1:
        return luck.randbytes(luck.randrange(300))
    value = json.loads(json.dumps(luck.choice(GOOD)))
    rows = value if isinstance(value, list) else [value]
    for _ in range(luck.randrange(1, 4)):
        row = luck.choice(rows)
        if not isinstance(row, dict) or luck.random() < 0.1:
            rows.append(deepcopy(luck.choice(STRANGE)))
            continue
        name = luck.choice([*row, "battery_pct", "odometer", "x"])
        if luck.random() < 0.2:
            row.pop(name, None)
        else:
            row[name] = deepcopy(luck.choice(STRANGE))
    text = json.dumps(value, ensure_ascii=luck.random() < 0.5)
    if kind < 0.15:
        text = "[" * luck.randrange(1, 5000) + text
    content = text.encode(luck.choice(("utf-8", "utf-8", "utf-8", "utf-16", "latin-1")), "replace")
    if kind < 0.5:
        for _ in range(luck.randrange(1, 6)):
            at = luck.randrange(len(content))
            content = content[:at] + luck.randbytes(luck.randrange(3)) + content[at + luck.randrange(4) :]
            if not content:
                break
    return content


def a_feed(luck: random.Random, files: dict[str, bytes]) -> bytes:
    changed = dict(files)
    for _ in range(luck.randrange(1, 4)):
        name = luck.choice(sorted(changed))
        changed[name] = luck.choice(CHANGES)(luck, changed[name])
        if luck.random() < 0.05 and len(changed) > 1:
            del changed[name]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in changed.items():
            archive.writestr(name, content)
    packed = out.getvalue()
    return packed if luck.random() < 0.95 else _noise(luck, packed)


def _cut(luck: random.Random, content: bytes) -> bytes:
    return content[: luck.randrange(len(content) + 1)]


def _noise(luck: random.Random, content: bytes) -> bytes:
    at = luck.randrange(len(content) + 1)
    return content[:at] + luck.randbytes(luck.randrange(1, 20)) + content[at + luck.randrange(20) :]


def _cell(luck: random.Random, content: bytes) -> bytes:
    lines = content.decode(errors="replace").split("\n")
    at = luck.randrange(len(lines))
    cells = lines[at].split(",")
    cells[luck.randrange(len(cells))] = luck.choice(CELLS)
    lines[at] = ",".join(cells)
    return "\n".join(lines).encode(errors="replace")


def _exchange(luck: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    first, other = luck.randrange(len(lines)), luck.randrange(len(lines))
    lines[first], lines[other] = lines[other], lines[first]
    return b"\n".join(lines)


CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (_cut, _noise, _cell, _cell, _cell, _exchange)


class Crashes:
    """What went wrong, by where; the first are printed."""

    def __init__(self) -> None:
        self.places: Counter[str] = Counter()

    def add(self, seed: str) -> None:
        lines = traceback.format_exc().strip().splitlines()
        if sum(self.places.values()) < SHOWN:
            print(f"CRASH {seed}: {lines[-1]}\n  {lines[-3].strip() if len(lines) > 2 else ''}", flush=True)
        self.places[lines[-1][:100]] += 1


def fuzz_payloads(count: int, seed: int, crashes: Crashes) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for n in range(count):
        luck = random.Random(f"payload {seed} {n}")
        topic, payload = luck.choice(TOPICS[:3:2] if luck.random() < 0.8 else TOPICS), a_payload(luck)
        try:
            message = decode(topic, payload)
            outcomes["fixes" if message.fixes else "refused" if message.refusals else "nothing"] += 1
        except Exception:
            crashes.add(f"payload {seed} {n}")
    return outcomes


def fuzz_feeds(count: int, seed: int, crashes: Crashes) -> Counter[str]:
    files = {path.name: path.read_bytes() for path in sorted(SAMPLE.glob("*.txt"))}
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed.zip"
        for n in range(count):
            luck = random.Random(f"feed {seed} {n}")
            path.write_bytes(a_feed(luck, files))
            started = time.perf_counter()
            try:
                read_feed(path)
                outcomes["read"] += 1
            except BrokenFeed:
                outcomes["refused with the place"] += 1
            except Exception:
                crashes.add(f"feed {seed} {n}")
            outcomes["slow"] += time.perf_counter() - started > SLOW_S
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payloads", type=int, default=1_000_000)
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    crashes = Crashes()
    for name, fuzz, count in (("payloads", fuzz_payloads, options.payloads), ("feeds", fuzz_feeds, options.feeds)):
        started = time.perf_counter()
        outcomes = fuzz(count, options.seed, crashes)
        counts = ", ".join(f"{outcome} {number:,}" for outcome, number in outcomes.most_common())
        print(f"{count:,} {name} in {time.perf_counter() - started:.0f} s: {counts}", flush=True)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sum(crashes.places.values()):,} crashes, at most {memory_mb:.0f} MB")
    for place, number in crashes.places.most_common(10):
        print(f"  {number:6,} {place}")
    return 1 if crashes.places else 0


if __name__ == "__main__":
    raise SystemExit(main())
