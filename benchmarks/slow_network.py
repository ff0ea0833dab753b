"""How long a phone waits on a slow network, and what it pays: python -m benchmarks.slow_network URL [PATH ...].

A fresh browser without a cache behind a slow link (benchmarks/slow_link.py), three times each page on each profile; the middle
one is printed. Without paths a page of each kind that riders open. Connecting is added: the name, TCP and TLS 1.3 are a round
trip each. Of a page with arrivals it is told when the first of them is on the screen (Element Timing), of others the first
contentful paint.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from benchmarks.screens import FLAGS, paths
from benchmarks.slow_link import Profile, SlowLink

PHONE: ViewportSize = {"width": 360, "height": 740}
TIMES = 3
CONNECTING_ROUND_TRIPS = 3  # the name, TCP, TLS 1.3
AIM_MS = 1_700  # until the first arrival of a stop is seen, cold, connecting included
PAINTED = "window.arrivalAt || performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0] || -1"
ARRIVAL = """
new PerformanceObserver(list => { window.arrivalAt = window.arrivalAt || list.getEntries()[0].renderTime; })
  .observe({ type: "element", buffered: true });
new MutationObserver((_, observer) => {
  const first = document.querySelector(".when b");
  if (first) { first.setAttribute("elementtiming", "arrival"); observer.disconnect(); }
}).observe(document, { childList: true, subtree: true });
"""
KINDS = ("/", "/halte/", "/koridor/", "/perjalanan/", "/peta", "/wisata", "/lapor")
LONGEST_MS = 120_000


PROFILES = (Profile("3G", 1_500, 750, 150), Profile("slow 3G", 400, 400, 400), Profile("2G (EDGE)", 240, 100, 300))


class Load(NamedTuple):
    """document: bytes of the page itself on the wire; everything: of all that it loads by itself."""

    first_sight_ms: float
    document: int
    everything: int


def load(browser: Browser, address: str, profile: Profile) -> Load:
    """One cold load of an address behind a link of this profile."""
    context = browser.new_context(viewport=PHONE, locale="id-ID", service_workers="block")
    page = context.new_page()
    page.add_init_script(ARRIVAL)
    session = context.new_cdp_session(page)
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto(address, wait_until="load", timeout=LONGEST_MS)
    page.wait_for_load_state("networkidle", timeout=LONGEST_MS)
    painted = float(page.evaluate(PAINTED))
    context.close()
    return Load(painted + CONNECTING_ROUND_TRIPS * profile.round_trip_ms, sizes[0] if sizes else 0, sum(sizes))


def loads_of(browser: Browser, address: str, path: str, profile: Profile) -> list[Load]:
    with SlowLink(urlsplit(address).port or 80, profile) as link:
        return [load(browser, f"http://127.0.0.1:{link.port}{path}", profile) for _ in range(TIMES)]


def chosen(address: str) -> list[str]:
    """One page of each kind that riders open."""
    every = paths(address)
    pages = [next(path for path in every if path.startswith(kind) and path != "/halte/none") for kind in KINDS]
    stops = [path.removeprefix("/halte/") for path in every if path.startswith("/halte/") and path != "/halte/none"]
    return [*dict.fromkeys(pages), f"/rute?dari=halte:{stops[0]}&ke=halte:{stops[-1]}", f"/jangkauan?dari=halte:{stops[0]}"]


def table(browser: Browser, address: str, asked: Sequence[str]) -> Iterator[str]:
    """Lines to print: a page each, then whether a stop's first arrival is seen in time."""
    yield f"{'page':44}{'document':>10}{'all':>10}" + "".join(f"{profile.name:>12}" for profile in PROFILES)
    late: dict[str, None] = {}  # profiles on which any stop is
    for path in asked or chosen(address):
        loads = {profile: loads_of(browser, address, path, profile) for profile in PROFILES}
        waits = {profile: median(row.first_sight_ms for row in rows) for profile, rows in loads.items()}
        first = next(iter(loads.values()))[0]
        yield f"{path[:43]:44}{first.document:10}{first.everything:10}" + "".join(
            f"{ms / 1000:10.2f} s" for ms in waits.values()
        )
        if path.startswith("/halte/"):
            late |= {profile.name: None for profile, ms in waits.items() if ms > AIM_MS}
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
