"""What a question to /rute costs with live buses: python -m benchmarks.planner [--vehicles 500] [--routes 25] [--questions 200]

A city of our own making, whose routes run by headway (--network FOLDER: a GTFS feed; --timetabled: each departure of it as a
trip, 7,200 with 25 routes); its buses drive, are matched and predicted, and stand in a snapshot. Then pairs of stops are asked
for: the journeys alone, all that the page needs (with the last journey of the day and the last way back, or the next day of
service), and the page itself, packed; each of a snapshot that nobody has asked before. Most pairs of the city have no way at
all and are answered at once: those that have one stand apart, and the aims are theirs. Milliseconds of CPU of this process:
what else a machine does, does not count.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TypeVar

from benchmarks.engine import EVERY_S, START, a_city, payloads, report_in
from benchmarks.large_feed import mb
from gtfs.expanded import expanded
from gtfs.reader import read_network
from transit.plan.journeys import Journey, Request, planner_of
from transit.plan.network import Network
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.trackers import map_tracker
from transit.store.vehicles import save_states
from transit.tracking.pipeline import Pipeline
from web.endpoints import of_stop
from web.factory import create_app
from web.live.process import Live
from web.planner import plan, request_of, service_at
from web.settings import WebSettings
from web.world import View, World

ROUNDS = 8  # reports of each vehicle before anybody asks
Answer = TypeVar("Answer")
AIM_MS, AIM_BYTES = 50.0, 14 * 1024


def fill(folder: Path, network: Network, vehicles: int) -> datetime:
    """A database and a snapshot in which so many vehicles are seen and predicted; returns the moment of the snapshot."""
    url = f"sqlite:///{folder / 'transit.db'}"
    engine = open_database(url)
    migrate(engine)
    now = START + timedelta(seconds=ROUNDS * EVERY_S)
    pipeline = Pipeline(network)
    for topic, payload in payloads(network, vehicles, ROUNDS):
        pipeline.step(report_in(topic, payload))
    with writing(engine) as connection:
        version = save_network(connection, network, now=now, source="benchmark")
        for vehicle_id in pipeline.states:
            map_tracker(connection, vehicle_id, vehicle_id, now=now)
        save_states(connection, pipeline.states.values(), network_version=version)
    Live(engine, folder).step(now)
    engine.dispose()
    return now


class Watch:
    """Milliseconds of CPU per call."""

    def __init__(self) -> None:
        self.ms: list[float] = []

    def run(self, work: Callable[[], Answer]) -> Answer:
        started = time.process_time()
        answer = work()
        self.ms.append(1000 * (time.process_time() - started))
        return answer

    def of(self, which: list[bool]) -> Watch:
        """Some of its calls."""
        some = Watch()
        some.ms = [ms for ms, counts in zip(self.ms, which, strict=True) if counts]
        return some

    @property
    def p95(self) -> float:
        return quantiles(self.ms, n=20)[-1]

    def line(self, name: str) -> str:
        return f"{name:34}p50 {median(self.ms):6.1f}  p95 {self.p95:6.1f}  most {max(self.ms):6.1f} ms"


def table(network: Network, vehicles: int, questions: int) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        now = fill(folder, network, vehicles)
        app = create_app(WebSettings(folder, f"sqlite:///{folder / 'transit.db'}", clock=lambda: now, live_fresh_s=1e6))
        world: World = app.extensions["world"]
        world.refresh()
        assert world.network is not None
        network = world.network
        client, planner = app.test_client(), planner_of(network)
        chance = random.Random(1)
        stops = sorted(network.routes_of_stop)
        pairs = [chance.sample(stops, 2) for _ in range(questions)]
        seen = len(world.view.every_prediction)
        alone, first, whole, page = Watch(), Watch(), Watch(), Watch()
        has_way: list[bool] = []
        sizes = []
        planner.plan_of(now.date())  # once a day, not with each question

        def journeys(ask: Request) -> list[Journey]:
            return planner.journeys(service_at(world, now), ask, now.timestamp())

        for pair in pairs:
            with app.test_request_context("/rute"):
                start, end = (of_stop(network.stops[stop_id]) for stop_id in pair)
            ask = request_of(start, end)
            world.view = View(network, world.version, world.view.snapshot)  # as a new second brings it
            first.run(partial(journeys, ask))
            has_way.append(bool(alone.run(partial(journeys, ask))))
            world.view = View(network, world.version, world.view.snapshot)
            with app.test_request_context("/rute"):
                whole.run(partial(plan, world, start, end, now))
            world.view = View(network, world.version, world.view.snapshot)
            path = f"/rute?dari={start.key}&ke={end.key}"
            answer = page.run(partial(client.get, path, headers={"Accept-Encoding": "br", "Accept-Language": "id"}))
            assert answer.status_code == 200, path
            sizes.append(len(answer.data))
    lines = [
        f"{vehicles} vehicles, {len(network.routes)} routes, {len(network.trips)} trips, {len(stops)} stops, {seen} predicted",
        f"{questions} questions, {sum(has_way)} answered that day",
        first.line("journeys, of a new snapshot"),
        alone.line("journeys, asked again"),
        whole.line("all of the answer, new snapshot"),
        page.line("the page"),
        first.of(has_way).line("answered: journeys"),
        whole.of(has_way).line("answered: all of the answer"),
        page.of(has_way).line("answered: the page"),
        f"the page: {median(sizes):.0f} B in the middle, {max(sizes)} B at most",
        f"memory of all of it in one process (matching, live, web): {mb():.0f} MB at most",
    ]
    kept = page.of(has_way).p95 <= AIM_MS and max(sizes) <= AIM_BYTES
    return [*lines, f"aims: p95 of pages with a way {AIM_MS:.0f} ms, page {AIM_BYTES} B: {'kept' if kept else 'not kept'}"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--vehicles", type=int, default=500)
    parser.add_argument("--routes", type=int, default=25)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--network", type=Path)
    parser.add_argument("--timetabled", action="store_true")
    chosen = parser.parse_args()
    network = a_city(chosen.routes) if chosen.network is None else read_network(chosen.network)
    if chosen.timetabled:
        network = expanded(network).network
    print("\n".join(table(network, chosen.vehicles, chosen.questions)))


if __name__ == "__main__":
    main()
