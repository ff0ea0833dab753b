"""What riders feel of fifty dispatchers' screens, and how long a report takes until it is on one.

    python -m benchmarks.consoles [--vehicles 500] [--consoles 50] [--riders 100] [--pairs 5] [--seconds 30]

Broker, ingest, live and two web workers as in production, each vehicle reporting every 5 s. Riders have the page of a stop
open, whose part is asked for each 15 s, and open a page anew now and then; consoles ask for corridors and inbox each 2 s and
for the list of all vehicles each 15 s, as their scripts do, each with a log-in and ETags of its own. Pairs of spans follow
each other, without and with consoles, the order turned around in every second pair; of each span the riders' p95 counts, of
the pairs the median. Report to screen: a probe's report is published, and each of five consoles that ask each 2 s has a part
with it.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import math
import os
import re
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from urllib.parse import urlencode

import psutil

from benchmarks.load import EVERY_S, STARTS_WITHIN_S, Load, System, a_system, end, p, place_on
from benchmarks.measured_commit import measured_commit
from gps_ingest.mqtt import new_client, parse_url
from gps_ingest.simulation.publisher import topic_of
from transit.store.database import writing
from transit.store.people import Role, add_person
from transit.store.reports import newest_fix_at
from web.live.control import control_stamp, read_control
from web.live.snapshot import SnapshotReader

CONSOLE_EVERY_S = 2.0
LIST_EVERY_S = 15.0
RIDER_EVERY_S = 15.0
OPENS_EVERY = 5  # of a rider's requests, one is a page that is opened
PROBE_EVERY_S = 5.0
LOOK_EVERY_S = 0.05  # at database and file
WATCHERS = 5  # consoles that look out for the probe, each at moments of its own
SETTLE_S = 4.0  # between two spans
WARM_S = 20.0  # until most vehicles are matched
RISES_SHARE, RISES_S = 0.2, 0.005  # what riders may feel of consoles, whichever is more
SCREEN_S = 3.5
NAME, PASSWORD = "bench", "kuda-besi-77"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Browser:
    """One connection that is kept open, with the cookies and ETags of its own."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)  # by address
    encoding: str = "gzip"
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(self, address: str, form: dict[str, str] | None = None) -> tuple[int, bytes, float]:
        """(status, body, seconds until all of it was there)."""
        started = time.perf_counter()
        if self.writer is not None:
            try:
                status, content = await self._ask(address, form)
                return status, content, time.perf_counter() - started
            except (asyncio.IncompleteReadError, ConnectionError):  # closed while nobody asked: asked again on a new one
                self.close()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        status, content = await self._ask(address, form)
        return status, content, time.perf_counter() - started

    async def _ask(self, address: str, form: dict[str, str] | None) -> tuple[int, bytes]:
        assert self.reader is not None
        assert self.writer is not None
        body = urlencode(form or {}).encode()
        lines = [f"{'GET' if form is None else 'POST'} {address} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
            lines.append(f"Origin: http://127.0.0.1:{self.port}")
        elif tag := self.tags.get(address):
            lines.append(f"If-None-Match: {tag}")
        lines.append(f"Accept-Encoding: {self.encoding}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status, headers = int(head[0].split()[1]), [line.partition(": ")[::2] for line in head[1:] if line]
        length = 0
        for name, value in headers:
            name = name.lower()
            if name == "content-length":
                length = int(value)
            elif name == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
            elif name == "etag" and status == 200:
                self.tags[address] = value
        content = await self.reader.readexactly(length) if length and status != 304 else b""
        return status, content

    async def log_in(self) -> None:
        encoding, self.encoding = self.encoding, "identity"
        status, page, _ = await self.ask("/masuk")
        self.encoding = encoding
        match = TOKEN.search(page.decode())
        assert status == 200
        assert match is not None
        fields = {"csrf_token": html.unescape(match[1]), "name": NAME, "password": PASSWORD, "lanjut": "/armada"}
        status, _, _ = await self.ask("/masuk", fields)
        assert status in (302, 303), status

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader, self.writer = None, None


@dataclass
class Span:
    riders_s: list[float] = field(default_factory=list)
    consoles_s: list[float] = field(default_factory=list)
    refused: int = 0


async def as_rider(span: Span, browser: Browser, stop_id: str, chance: Random, until: float) -> None:
    page = f"/halte/{stop_id}"
    await asyncio.sleep(chance.uniform(0.0, RIDER_EVERY_S))
    turn = chance.randrange(OPENS_EVERY)
    while time.monotonic() < until:
        turn += 1
        status, _, seconds = await browser.ask(page if turn % OPENS_EVERY == 0 else f"{page}?part=arrivals")
        span.riders_s.append(seconds)
        span.refused += status not in (200, 304)
        await asyncio.sleep(RIDER_EVERY_S)


async def as_console(span: Span, browser: Browser, address: str, every_s: float, begins_s: float, until: float) -> None:
    await asyncio.sleep(begins_s)
    while time.monotonic() < until:
        started = time.monotonic()
        status, _, seconds = await browser.ask(address)
        span.consoles_s.append(seconds)
        span.refused += status not in (200, 304)
        await asyncio.sleep(max(0.0, every_s - (time.monotonic() - started)))


async def span_of(system: System, riders: int, screens: list[list[Browser]], seconds: float, seed: int) -> Span:
    """What riders feel for so long, with these consoles."""
    span, chance, port = Span(), Random(seed), int(system.environment["PORT"])
    stops, until = sorted(system.network.stops), time.monotonic() + seconds
    of_riders = [Browser(port) for _ in range(riders)]
    tasks = [as_rider(span, row, chance.choice(stops), Random(chance.random()), until) for row in of_riders]
    for corridors, inbox, fleet in screens:
        begins_s = chance.uniform(0.0, CONSOLE_EVERY_S)
        tasks.append(as_console(span, corridors, "/armada/kendali?part=kendali", CONSOLE_EVERY_S, begins_s, until))
        tasks.append(as_console(span, inbox, "/armada/kotak?part=kotak", CONSOLE_EVERY_S, begins_s, until))
        tasks.append(as_console(span, fleet, "/armada?part=fleet", LIST_EVERY_S, begins_s * 7.0, until))
    await asyncio.gather(*tasks)
    for row in of_riders:
        row.close()
    return span


async def screens_of(system: System, consoles: int) -> list[list[Browser]]:
    """Of each console three connections, logged in and with the page opened once."""
    screens = []
    for _ in range(consoles):
        browsers = [Browser(int(system.environment["PORT"])) for _ in range(3)]
        await browsers[0].log_in()
        for other in browsers[1:]:
            other.cookies = browsers[0].cookies
        status, _, _ = await browsers[0].ask("/armada")
        assert status == 200, status
        screens.append(browsers)
    return screens


async def until_it_answers(port: int) -> None:
    """The web's workers take longer to begin than ingest and live, for which a system waits."""
    until = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.5)
        else:
            writer.close()
            return


@dataclass
class Lags:
    """Seconds from publishing a report until it is so far; on_screen of each report and console."""

    stored: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)  # by the live process, for the console
    on_screen: list[float] = field(default_factory=list)


async def report_to_screen(system: System, screens: list[list[Browser]], seconds: float, lags: Lags) -> None:
    """From publishing a report to a part of a console that shows it; the probe drives on."""
    client = new_client(parse_url(system.url), "probe", clean_session=True)
    client.connect("127.0.0.1", int(system.environment["MQTT_PORT"]), 60)
    client.loop_start()
    sent: list[float] = []
    seen = [watched(row[0], sent, n * CONSOLE_EVERY_S / WATCHERS, lags.on_screen) for n, row in enumerate(screens)]
    watchers = [asyncio.create_task(row) for row in [*seen, on_the_way(system, sent, lags)]]
    points, started, chance = list(system.network.shapes.values())[-1].points, time.time(), Random(1)
    while time.time() < started + seconds:
        at = time.time()
        lat, lon = place_on(points, (at - started) * 7.0)
        fix = {"latitude": lat, "longitude": lon, "timestamp": float(int(at)), "speed": 7.0}  # the part says whole seconds
        client.publish(topic_of("probe"), json.dumps(fix), qos=1)
        sent.append(at)
        await asyncio.sleep(PROBE_EVERY_S + chance.uniform(-1.0, 1.0))  # not in step with who asks
    for row in watchers:
        row.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    client.loop_stop()
    client.disconnect()


async def watched(browser: Browser, sent: list[float], begins_s: float, lags: list[float]) -> None:
    """Counts the reports that one console has shown, until it is cancelled. sent: grows while this looks."""
    browser.encoding, shown = "identity", 0
    await asyncio.sleep(begins_s)
    while True:
        status, content, _ = await browser.ask("/armada/kendali?part=kendali")
        now, place = time.time(), content.find(b'id="bus-PROBE"')
        match = re.compile(rb'data-age="(\d+)').search(content, place) if status == 200 and place >= 0 else None
        newest = int(match[1]) if match is not None else 0
        shown = count_lags(sent, shown, newest, now, lags)
        await asyncio.sleep(CONSOLE_EVERY_S)


async def on_the_way(system: System, sent: list[float], lags: Lags) -> None:
    """The same for what stands in the database, and in the file of the live process."""
    stored, written, stamp = 0, 0, control_stamp(system.folder)
    while True:
        with system.engine.connect() as connection:
            newest = newest_fix_at(connection, "probe")
        if newest is not None:
            stored = count_lags(sent, stored, int(newest.timestamp()), time.time(), lags.stored)
        if control_stamp(system.folder) != stamp:
            stamp, state = control_stamp(system.folder), read_control(system.folder)
            buses = [bus for row in state.corridors for bus in row.buses if bus.vehicle_id == "PROBE"] if state else []
            if buses:
                written = count_lags(sent, written, int(buses[0].heard_at.timestamp()), time.time(), lags.written)
        await asyncio.sleep(LOOK_EVERY_S)


def count_lags(sent: list[float], shown: int, newest: int, now: float, lags: list[float]) -> int:
    """Adds the lags of reports up to the whole second `newest`; returns how many there are of all that were sent."""
    while shown < len(sent) and int(sent[shown]) <= newest:
        lags.append(now - sent[shown])
        shown += 1
    return shown


def cpu_s(system: System, makers: psutil.Process) -> dict[str, float]:
    """Processor seconds so far, of each part with its children, of the load generator and of all clients (ourselves)."""
    parts = {**system.processes, "load": makers, "clients": psutil.Process()}
    return {name: sum(sum(row.cpu_times()[:2]) for row in family(name, part)) for name, part in parts.items()}


def family(name: str, part: psutil.Process) -> list[psutil.Process]:
    return [part, *part.children(recursive=True)] if name == "web" else [part]


async def measure(system: System, makers: psutil.Process, arguments: argparse.Namespace) -> list[str]:
    await until_it_answers(int(system.environment["PORT"]))
    screens, watching = await screens_of(system, arguments.consoles), await screens_of(system, WATCHERS)
    lines = ["pair   riders p50 / p95 ms without   with   consoles p50 / p95 ms   rise of p95 ms   refused"]
    without: list[float] = []
    withal: list[float] = []
    lags = Lags()
    used: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    for pair in range(arguments.pairs):
        spans: dict[bool, Span] = {}
        for has_consoles in (False, True) if pair % 2 == 0 else (True, False):
            await asyncio.sleep(SETTLE_S)
            some = screens if has_consoles else []
            before = cpu_s(system, makers)
            if has_consoles:
                own = asyncio.create_task(report_to_screen(system, watching, arguments.seconds, lags))
            spans[has_consoles] = await span_of(system, arguments.riders, some, arguments.seconds, seed=pair)
            if has_consoles:
                await own
            used[has_consoles].update({name: seconds - before[name] for name, seconds in cpu_s(system, makers).items()})
        base, loaded = spans[False], spans[True]
        without.append(p(base.riders_s, 0.95))
        withal.append(p(loaded.riders_s, 0.95))
        figures = [base.riders_s, loaded.riders_s, loaded.consoles_s]
        middle = "   ".join(f"{1000 * p(row, 0.5):6.1f} / {1000 * p(row, 0.95):6.1f}" for row in figures)
        refused = base.refused + loaded.refused
        lines.append(f"{pair + 1:4}   {middle}   {1000 * (withal[-1] - without[-1]):6.1f}   {refused}")
        print(lines[-1], flush=True)
    rise = statistics.median(after - before for before, after in zip(without, withal, strict=True))
    allowed = max(RISES_S, RISES_SHARE * statistics.median(without))
    lines.append(f"riders' p95: {1000 * statistics.median(without):.1f} ms, rises by {1000 * rise:.1f} ms in the median pair;")
    lines.append(f"allowed are {1000 * allowed:.1f} ms: {'kept' if rise <= allowed else 'NOT KEPT'}")
    for has_consoles, seconds_of in used.items():
        shares = ", ".join(f"{name} {100 * s / (arguments.seconds * arguments.pairs):.0f}" for name, s in seconds_of.items())
        lines.append(f"% of one core {'with' if has_consoles else 'without'} consoles: {shares}")
    for name, row in (("stored", lags.stored), ("written by live", lags.written)):
        lines.append(f"report {name}, {len(row)} reports: p50 {p(row, 0.5):.2f} s, p95 {p(row, 0.95):.2f} s")
    seen, screen_s = lags.on_screen, p(lags.on_screen, 0.95)
    lines.append(f"report to screen, {len(seen)} reports on screens: p50 {p(seen, 0.5):.2f} s, p95 {screen_s:.2f} s;")
    lines.append(f"allowed are {SCREEN_S:.1f} s: {'kept' if screen_s <= SCREEN_S else 'NOT KEPT'}")
    return lines


def live_step(system: System) -> str:
    """Without it no lag can be understood: the live process of so many vehicles may need longer than its second."""
    snapshot = SnapshotReader(system.folder).read()
    seconds = math.nan if snapshot is None else snapshot.figures["step_seconds"]
    return f"a step of live: {seconds:.2f} s; load {os.getloadavg()[0]:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vehicles", type=int, default=500)
    parser.add_argument("--consoles", type=int, default=50)
    parser.add_argument("--riders", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each span")
    arguments = parser.parse_args()
    about = f"{measured_commit()}, {json.dumps(vars(arguments))}, load {os.getloadavg()[0]:.1f}"
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {about}")
    with a_system(arguments.vehicles) as system:
        with writing(system.engine) as connection:
            add_person(connection, NAME, Role.DISPATCHER, PASSWORD, now=datetime.now(UTC))
        whole_s = (arguments.seconds + SETTLE_S) * 2 * arguments.pairs + 600.0
        load = Load(system, arguments.vehicles, arguments.vehicles / EVERY_S, whole_s)
        try:
            time.sleep(WARM_S)
            lines = asyncio.run(measure(system, load.usage, arguments))
        finally:
            end(load.process)
        lines.append(live_step(system))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
