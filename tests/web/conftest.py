"""A small running system for the tests of the web: a real database, the live process's one step, a real application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from gtfs.reader import read_network
from tests.builders import a_network, at
from transit.arrivals.alerts import Alert
from transit.plan.network import Network
from transit.store.alerts import save_alert
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.stop_events import save_stop_events
from transit.store.trackers import map_tracker
from transit.store.vehicles import save_states
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import StopEvent
from transit.tracking.trip_choice import AssignmentHint
from web.factory import create_app
from web.live.process import Live
from web.live.snapshot import Snapshot
from web.settings import WebSettings

BINJAI = Path(__file__).resolve().parents[2] / "data" / "binjai"


class City:
    """A network in a database, what its buses reported, and a clock that stands where it was set."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'city.db'}"
        self.engine = open_database(self.url)
        migrate(self.engine)
        self.now = at(7, 5)
        self.network: Network | None = None
        self.version = ""
        self.pipeline: Pipeline | None = None
        self.live = Live(self.engine, folder)

    def load(self, network: Network) -> City:
        with writing(self.engine) as connection:
            self.version = save_network(connection, network, now=self.now, source="test")
        self.network, self.pipeline = network, Pipeline(network)
        return self

    def hear(self, reports: list[AvlReport], hint: AssignmentHint | None = None) -> City:
        """The reports go the way of ingest, without a broker."""
        assert self.pipeline is not None
        events: list[StopEvent] = []
        for report in reports:
            events += self.pipeline.step(report, hint or AssignmentHint(), report.received_at).events
        with writing(self.engine) as connection:
            for report in reports:
                map_tracker(connection, report.tracker_id, report.vehicle_id, now=self.now)
            save_states(connection, self.pipeline.states.values(), network_version=self.version)
            save_stop_events(connection, events)
        return self

    def tell(self, alert: Alert) -> City:
        with writing(self.engine) as connection:
            save_alert(connection, alert)
        return self

    def step(self, now: datetime | None = None) -> Snapshot:
        self.now = now or self.now
        return self.live.step(self.now)

    def app(self, **settings: Any) -> Any:
        """/armada answers to this machine, unless armada_is_local says otherwise."""
        return create_app(WebSettings(self.folder, self.url, clock=lambda: self.now, **{"armada_is_local": True, **settings}))

    def client(self, **settings: Any) -> Any:
        return self.app(**settings).test_client()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def town(city: City) -> City:
    """The plain cast: one route, two timetabled trips at seven and eight; nothing heard yet, the clock at 07:05."""
    return city.load(a_network())


@pytest.fixture
def sample(city: City, serve: Callable[[Any], str]) -> str:
    """The address of the sample on a Tuesday at 09:10, no bus seen."""
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    return serve(city.app(live_fresh_s=1e6, sample_guide=BINJAI))
