"""A demonstration drives on a sample only, and leaves when a city's own network comes."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread

import pytest

from gps_ingest.simulation.demo import Demo, prepare_demo, stop_when_replaced
from tests.builders import SEVEN, a_network
from transit.plan.network import FeedInfo, Network
from transit.store.database import migrate, open_database, writing
from transit.store.networks import current_version, save_network
from transit.store.trackers import load_tracker_map, map_tracker


def a_sample() -> Network:
    info = FeedInfo("us", "https://example.org", "id", extra={"feed_status": "sample"})
    return replace(a_network(), feed_info=info)


@pytest.fixture
def engine(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'demo.db'}")
    migrate(opened)
    yield opened
    opened.dispose()


def prepared(engine) -> Demo:
    return prepare_demo(engine, a_sample, "test", 2, SEVEN)


def trackers(engine) -> dict[str, str]:
    with engine.connect() as connection:
        return load_tracker_map(connection)


def load(engine, network: Network) -> None:
    with writing(engine) as connection:
        save_network(connection, network, now=SEVEN, source="test")


def test_the_sample_is_loaded_where_nothing_is_and_only_once(engine):
    assert prepared(engine) == Demo(is_new=True, may_drive=True)
    assert prepared(engine) == Demo(is_new=False, may_drive=True)
    assert trackers(engine) == {"demo-1": "DEMO-1", "demo-2": "DEMO-2"}


def test_a_tracker_that_an_operator_moved_stays_where_it_is(engine):
    with writing(engine) as connection:
        map_tracker(connection, "demo-1", "BUS1", now=SEVEN)
    prepared(engine)
    assert trackers(engine) == {"demo-1": "BUS1", "demo-2": "DEMO-2"}


def test_a_citys_own_network_stays_and_nothing_drives_on_it(engine):
    load(engine, a_network())
    with engine.connect() as connection:
        before = current_version(connection)
    assert prepared(engine) == Demo(is_new=False, may_drive=False)
    with engine.connect() as connection:
        assert current_version(connection) == before
    assert trackers(engine) == {}


def test_the_demo_ends_when_its_sample_is_replaced(engine):
    load(engine, a_sample())
    stop_event = Event()
    watch = Thread(target=stop_when_replaced, args=(engine, stop_event, 0.01))
    watch.start()
    assert not stop_event.wait(0.1)
    load(engine, a_network())
    watch.join(10)
    assert stop_event.is_set()
