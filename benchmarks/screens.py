"""Renders every page of a running system to PNG, light and dark, phone and desktop: python -m benchmarks.screens URL FOLDER

python -m benchmarks.screens URL readme        writes the README's two pictures, docs/images/halte.png and peta.png, anew
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

SIZES = {"phone": (360, 740), "desk": (1280, 800)}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LONGEST_MS = 120_000  # a machine that is shared draws a map slowly
SETTLES_MS = 3000  # what moves comes to rest
IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
FIXED = (
    "/",
    "/peta",
    "/wisata",
    "/layanan",
    "/privasi",
    "/api",
    "/armada",
    "/armada/putar",
    "/armada/kinerja",
    "/kinerja",
    "/armada/pengumuman",
    "/armada/laporan",
    "/armada/serah-terima",
    "/halte/none",
)


def paths(address: str) -> list[str]:
    """The pages that always exist, and one of each kind that depends on the network."""

    def get(path: str) -> dict[str, list[dict[str, object]]]:
        with urlopen(address + path, timeout=10) as answer:
            rows: dict[str, list[dict[str, object]]] = json.load(answer)
            return rows

    stops, routes, vehicles = (get(f"/api/v1/{kind}")[kind] for kind in ("stops", "routes", "vehicles"))
    paths = list(FIXED)
    for stop in sorted(stops, key=lambda row: -len(str(row["route_ids"])))[:2]:
        paths += [f"/{kind}{stop['stop_id']}" for kind in ("halte/", "layar/", "embed/halte/", "lapor?halte=")]
    paths += [f"/koridor/{route['route_id']}" for route in routes[:2]]
    with urlopen(address + "/wisata", timeout=10) as answer:
        linked = re.findall(r'href="(/wisata/(?:rute/)?[a-z0-9-]+)"', answer.read().decode())
    paths += [path for path in dict.fromkeys(linked) if "/rute/" in path]
    paths += [path for path in linked if "/rute/" not in path][:2]
    paths += [f"/jadwal/{routes[0]['route_id']}"] if routes else []
    trip = next((row["trip"] for row in vehicles if row["trip"]), None)
    if isinstance(trip, dict):
        paths.append("/perjalanan/" + "/".join(str(part) for part in trip.values() if part))
    return paths


def render(browser: Browser, address: str, folder: Path) -> int:
    count = 0
    for path in paths(address):
        for size, (width, height) in SIZES.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
                page = context.new_page()
                page.goto(address + path)
                name = path.strip("/").replace("/", "-").replace("?", "-").replace(":", "") or "home"
                page.screenshot(path=str(folder / f"{name}.{size}.{scheme}.png"), full_page=True)
                context.close()
                count += 1
    return count


def render_for_readme(browser: Browser, address: str) -> None:
    """A stop with much going on, and the map, once it has drawn its buses."""
    stop = next(path for path in paths(address) if path.startswith("/halte/") and path != "/halte/none")
    for name, path in (("halte", stop), ("peta", "/peta")):
        width, height = SIZES["phone"]
        page = browser.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=2, color_scheme="light", locale="id-ID"
        )
        page.goto(address + path, wait_until="domcontentloaded", timeout=LONGEST_MS)
        page.wait_for_load_state("networkidle", timeout=LONGEST_MS)
        page.evaluate("document.querySelector('#map-title')?.scrollIntoView()")
        if path == "/peta":
            page.locator(".busicon").first.wait_for(timeout=LONGEST_MS)
        page.wait_for_timeout(SETTLES_MS)
        page.screenshot(path=str(IMAGES / f"{name}.png"), timeout=LONGEST_MS)
        page.close()


def main(address: str, folder: str, chromium: str = "chromium") -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(chromium), args=FLAGS)
        if folder == "readme":
            render_for_readme(browser, address.rstrip("/"))
            print("halte.png and peta.png in", IMAGES)
        else:
            Path(folder).mkdir(parents=True, exist_ok=True)
            print(render(browser, address.rstrip("/"), Path(folder)), "pictures in", folder)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
