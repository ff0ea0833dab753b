"""How long a phone waits on a slow network, and what it pays: python -m benchmarks.slow_network URL [PATH ...].

A fresh browser without a cache, on each profile, three times each page; the middle one is printed. Without paths a page of
each kind that riders open. Chromium delays requests as the profile says (DevTools, Network.emulateNetworkConditions), not the
connection before the first: its name, TCP and TLS 1.3 are a round trip each and are added. First sight is the first contentful
paint: our pages carry their styles and first arrival in the document.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from benchmarks.screens import FLAGS, paths

PHONE: ViewportSize = {"width": 360, "height": 740}
TIMES = 3
CONNECTING_ROUND_TRIPS = 3  # the name, TCP, TLS 1.3
AIM_MS = 1_700  # until the first arrival of a stop is seen, cold, connecting included
PAINTED = "performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0] || -1"
KINDS = ("/", "/halte/", "/koridor/", "/perjalanan/", "/peta", "/wisata", "/lapor")
LONGEST_MS = 120_000


class Profile(NamedTuple):
    """A phone network: what it brings in a second, and how long an answer takes at least."""

    name: str
    down_kbit_s: float
    up_kbit_s: float
    round_trip_ms: float


PROFILES = (Profile("3G", 1_500, 750, 150), Profile("slow 3G", 400, 400, 400), Profile("2G (EDGE)", 240, 100, 300))


class Load(NamedTuple):
    """document: bytes of the page itself on the wire; everything: of all that it loads by itself."""

    first_sight_ms: float
    document: int
    everything: int


def load(browser: Browser, address: str, profile: Profile) -> Load:
    """One cold load."""
    context = browser.new_context(viewport=PHONE, locale="id-ID", service_workers="block")
    page = context.new_page()
    session = context.new_cdp_session(page)
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": profile.round_trip_ms,
            "downloadThroughput": profile.down_kbit_s * 1000 / 8,
            "uploadThroughput": profile.up_kbit_s * 1000 / 8,
        },
    )
    page.goto(address, wait_until="load", timeout=LONGEST_MS)
    page.wait_for_load_state("networkidle", timeout=LONGEST_MS)
    painted = float(page.evaluate(PAINTED))
    context.close()
    return Load(painted + CONNECTING_ROUND_TRIPS * profile.round_trip_ms, sizes[0] if sizes else 0, sum(sizes))


def chosen(address: str) -> list[str]:
    """One page of each kind that riders open."""
    every = paths(address)
    pages = [next(path for path in every if path.startswith(kind) and path != "/halte/none") for kind in KINDS]
    stops = [path.removeprefix("/halte/") for path in every if path.startswith("/halte/") and path != "/halte/none"]
    return [*dict.fromkeys(pages), f"/rute?dari=halte:{stops[0]}&ke=halte:{stops[-1]}", f"/jangkauan?dari=halte:{stops[0]}"]


def table(browser: Browser, address: str, asked: Sequence[str]) -> Iterator[str]:
    """Lines to print: a page each, then whether a stop's first arrival is seen in time."""
    yield f"{'page':44}{'document':>10}{'all':>10}" + "".join(f"{profile.name:>12}" for profile in PROFILES)
    late = []
    for path in asked or chosen(address):
        loads = {profile: [load(browser, address + path, profile) for _ in range(TIMES)] for profile in PROFILES}
        waits = {profile: median(row.first_sight_ms for row in rows) for profile, rows in loads.items()}
        first = next(iter(loads.values()))[0]
        yield f"{path[:43]:44}{first.document:10}{first.everything:10}" + "".join(
            f"{ms / 1000:10.2f} s" for ms in waits.values()
        )
        if path.startswith("/halte/"):
            late = [profile.name for profile, ms in waits.items() if ms > AIM_MS]
    yield "; ".join(
        f"{row.name}: {row.down_kbit_s:.0f}/{row.up_kbit_s:.0f} kbit/s, {row.round_trip_ms:.0f} ms a round trip"
        for row in PROFILES
    )
    yield f"first arrival of a stop within {AIM_MS / 1000} s: {'on all profiles' if not late else 'not on ' + ', '.join(late)}"


def main(address: str, *asked: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for line in table(browser, address.rstrip("/"), asked):
            print(line, flush=True)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
