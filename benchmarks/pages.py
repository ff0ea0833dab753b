"""Seconds until a rider sees the first arrival, on a slow network: python -m benchmarks.pages URL [STOP_ID].

Chromium, 400 kbit/s and 400 ms latency (its own emulation), a phone's screen. Cold: nothing kept, a new connection.
Warm: the same page again.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from benchmarks.screens import FLAGS

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
TIMES = 5
FIRST = """() => new Promise(done => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  if (paint) return done(paint.startTime);
  new PerformanceObserver(list => done(list.getEntries()[0].startTime)).observe({type: 'paint', buffered: true});
})"""


def seconds(browser: Browser, url: str) -> tuple[float, float]:
    """(cold, warm): until the first paint, which on our pages has the arrivals in it."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    seconds = []
    for _ in range(2):
        page.goto(url, wait_until="load")
        if not page.query_selector(".row .when, .note"):
            raise SystemExit(f"{url} shows neither an arrival nor why there is none")
        seconds.append(float(page.evaluate(FIRST)) / 1000)
    context.close()
    return seconds[0], seconds[1]


def measure(address: str, stop_id: str = "") -> list[str]:
    """Lines to print; one that says so where there is no Chromium (CHROMIUM names another)."""
    chromium = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    if chromium is None:
        return ["there is no Chromium (apt install chromium, or name one in CHROMIUM): not measured"]
    if not stop_id:
        with urlopen(address + "/api/v1/stops", timeout=10) as answer:
            stop_id = max(json.load(answer)["stops"], key=lambda stop: len(stop["route_ids"]))["stop_id"]
    url = f"{address.rstrip('/')}/halte/{stop_id}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        seconds(browser, url)  # the browser's own start does not count
        rows = [seconds(browser, url) for _ in range(TIMES)]
        browser.close()
    cold, warm = (statistics.median(column) for column in zip(*rows, strict=True))
    return [
        f"first arrival on screen at 400 kbit/s, 400 ms: cold {cold:.2f} s, warm {warm:.2f} s  {url}",
        "  (aims: 1.7 and 0.8. The emulation delays requests, not connecting: cold, add 0.4 s, with TLS 1.3 0.8 s)",
    ]


if __name__ == "__main__":
    print("\n".join(measure(*sys.argv[1:])))
