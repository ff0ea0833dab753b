"""How long a phone waits for a stop through the sample Caddy: python -m benchmarks.slow_https URL PATH [PATH ...].

Caddy with deploy/caddy/Caddyfile and a made-up certificate stands before URL, and a slow link before Caddy. HTTP/3 is spoken
from the first connection on, as where the name's HTTPS record says so (docs/WEB.md), and beside it HTTP/2 over TCP. Handshakes
go over the link and are measured, but that of TCP, which is added, as is the round trip that asks for the name.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import sleep
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Playwright, sync_playwright

from benchmarks.screens import FLAGS
from benchmarks.slow_link import Profile, SlowDatagrams, SlowLink
from benchmarks.slow_network import AIM_MS, ARRIVAL, LONGEST_MS, PAINTED, PHONE, PROFILES, TIMES

SITE = "bus.example.org"
SAMPLE = Path(__file__).resolve().parent.parent / "deploy" / "caddy" / "Caddyfile"
STARTS_WITHIN_S = 20.0
CERTIFICATE = (
    f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={SITE} "
    f"-addext subjectAltName=DNS:{SITE} -keyout key.pem -out cert.pem"
)


class Way(NamedTuple):
    """How the browser reaches Caddy. added: round trips that the link does not show: the name's, and TCP's own."""

    name: str
    link: type[SlowLink]
    added: int

    def flags(self, port: int) -> tuple[str, ...]:
        if self.link is SlowLink:
            return ("--disable-quic",)
        return "--enable-quic", f"--origin-to-force-quic-on={SITE}:{port}"


WAYS = (Way("HTTP/3", SlowDatagrams, 1), Way("HTTP/2", SlowLink, 2))


@contextmanager
def caddy_before(upstream: str, folder: Path) -> Iterator[int]:
    """Its port. Raises SystemExit where there is no Caddy."""
    caddy = shutil.which("caddy")
    if caddy is None:
        raise SystemExit("there is no Caddy here: apt install caddy")
    subprocess.run(["openssl", *CERTIFICATE.split()], cwd=folder, check=True, capture_output=True)
    own = f"\ttls {folder / 'cert.pem'} {folder / 'key.pem'}\n"
    text = SAMPLE.read_text().replace("\n{\n", "\n{\n\tadmin off\n", 1).replace("} {\n", "} {\n" + own, 1)
    (folder / "Caddyfile").write_text(text)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    homes = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder))
    process = subprocess.Popen(
        [caddy, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"],
        env={**os.environ, **homes, "SITE": f"https://{SITE}:{port}", "UPSTREAM": upstream},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(int(STARTS_WITHIN_S / 0.2)):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            sleep(0.2)
        yield port
    finally:
        process.kill()
        process.wait()


def key_of(folder: Path) -> str:
    """By which Chromium believes the made-up certificate, over QUIC, too."""
    key = subprocess.run(
        ["openssl", "x509", "-in", "cert.pem", "-pubkey", "-noout"], cwd=folder, check=True, capture_output=True
    )
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key.stdout, check=True, capture_output=True)
    return base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()


def load(playwright: Playwright, way: Way, link: SlowLink, path: str, key: str) -> tuple[float, str]:
    """Milliseconds until a browser that was just started shows the first arrival; the protocol that was spoken."""
    flags = [flag for flag in FLAGS if flag != "--disable-quic"]
    flags += [
        f"--host-resolver-rules=MAP {SITE} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={key}",
        *way.flags(link.port),
    ]
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
    page = browser.new_context(viewport=PHONE, locale="id-ID", service_workers="block").new_page()
    page.add_init_script(ARRIVAL)
    page.goto(f"https://{SITE}:{link.port}{path}", wait_until="load", timeout=LONGEST_MS)
    page.wait_for_load_state("networkidle", timeout=LONGEST_MS)
    painted_ms = float(page.evaluate(PAINTED))
    protocol = str(page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol"))
    browser.close()
    return painted_ms, protocol


def measured(playwright: Playwright, port: int, profile: Profile, path: str, key: str) -> Iterator[str]:
    """A line to print for each way."""
    for way in WAYS:
        rows = []
        for _ in range(TIMES):
            with way.link(port, profile) as link:
                rows.append(load(playwright, way, link, path, key))
        waits_ms = median(ms for ms, _ in rows) + way.added * profile.round_trip_ms
        spoken = "/".join(sorted({protocol for _, protocol in rows}))
        kept = "" if waits_ms <= AIM_MS else f", more than {AIM_MS / 1000} s"
        yield f"{path[:40]:42}{profile.name:12}{way.name:8}({spoken}){waits_ms / 1000:8.2f} s{kept}"


def main(address: str, *paths: str) -> None:
    with tempfile.TemporaryDirectory(prefix="transit-https-") as name, sync_playwright() as playwright:
        folder = Path(name)
        with caddy_before(urlsplit(address).netloc, folder) as port:
            for path in paths:
                for profile in PROFILES:
                    for line in measured(playwright, port, profile, path, key_of(folder)):
                        print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
