"""Stored blobs know their format: today's are read, those without a number too, any other begins anew without a crash."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import pytest

from gps_ingest.ingest.facts import Ingest
from tests.builders import SEVEN, a_drive, a_network
from tests.conftest import HOUSE
from transit.arrivals.alerts import Alert, InformedEntity
from transit.store.alerts import end_alert, load_alerts, save_alert
from transit.store.database import migrate, open_database, writing
from transit.store.formats import MARK, StoredFormat
from transit.store.networks import current_version, load_network, save_network
from transit.store.tables import alerts, current_network, network_versions, vehicle_states
from transit.store.tickets import load_ticket
from transit.store.trackers import map_tracker
from transit.store.vehicles import load_states, load_states_made_with, save_states
from transit.tracking.pipeline import Pipeline
from web.ticket_keeping import PROMISED

OLD = HOUSE / "tests" / "cases" / "stored_before_formats" / "schema_0003.sql"


@dataclass(frozen=True)
class Note:
    text: str
    count: int = 0


NOTES = StoredFormat(Note, number=2)


def test_what_was_written_is_read():
    assert NOTES.decode(NOTES.encode(Note("halte", 3))) == Note("halte", 3)


def test_what_was_written_before_formats_had_numbers_is_read():
    assert NOTES.decode(NOTES.encode(Note("halte"))[2:]) == Note("halte")


@pytest.mark.parametrize("number", [1, 3])
def test_another_format_is_not_guessed_at(number):
    assert NOTES.decode(StoredFormat(Note, number).encode(Note("halte"))) is None


@pytest.mark.parametrize("blob", [b"", bytes([MARK]), bytes([MARK, 2]), b"\x81\xa4text\x05", b"nonsense"])
def test_what_is_no_such_value_is_none(blob):
    assert NOTES.decode(blob) is None


@pytest.fixture
def engine(tmp_path):
    """A database with the plain cast's network, at today's schema."""
    opened = open_database(f"sqlite:///{tmp_path / 'facts.db'}")
    migrate(opened)
    yield opened
    opened.dispose()


def a_state():
    pipeline = Pipeline(a_network())
    for report in a_drive(to_m=1800):
        pipeline.step(report)
    return pipeline.states["BUS1"]


def test_a_vehicle_of_another_format_begins_anew_and_ingest_starts(engine):
    with writing(engine) as connection:
        version = save_network(connection, a_network(), now=SEVEN, source="test")
        save_states(connection, [a_state()], network_version=version)
        connection.execute(vehicle_states.update().values(state=bytes([MARK, 250]) + b"of tomorrow"))
    with engine.connect() as connection:
        assert load_states(connection)[1] == []
        assert load_states_made_with(connection) == []
    assert Ingest(engine, lambda: SEVEN).network.pipeline.states == {}


def test_an_alert_of_another_format_is_left_out_and_can_be_ended(engine):
    with writing(engine) as connection:
        for alert_id in ("A1", "A2"):
            save_alert(connection, Alert(alert_id, {"en": "Road closed"}, (InformedEntity(route_id="R1"),), SEVEN))
        connection.execute(alerts.update().where(alerts.c.alert_id == "A1").values(content=bytes([MARK, 250])))
    with engine.connect() as connection:
        assert [alert.alert_id for alert in load_alerts(connection, SEVEN)] == ["A2"]
    with writing(engine) as connection:
        end_alert(connection, "A1", now=SEVEN)
        assert connection.execute(alerts.select()).all()[0].alert_id == "A2"


def test_a_network_of_another_format_is_as_good_as_none(engine):
    with writing(engine) as connection:
        save_network(connection, a_network(), now=SEVEN, source="test")
        tomorrow = {"version_id": "250.0123456789abcdef", "imported_at": SEVEN, "source": "test", "content": b""}
        connection.execute(network_versions.insert().values(tomorrow))
        connection.execute(current_network.update().values(version_id=tomorrow["version_id"]))
    with engine.connect() as connection:
        assert current_version(connection) is None
    assert Ingest(engine, lambda: SEVEN).network is None


def test_a_database_from_before_goes_on_where_it_was(tmp_path):
    with sqlite3.connect(tmp_path / "old.db") as raw:
        raw.executescript(OLD.read_text(encoding="utf-8"))
    raw.close()
    opened = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    migrate(opened)
    with writing(opened) as connection:
        map_tracker(connection, "tracker-BUS1", "BUS1", now=SEVEN)  # a vehicle without a tracker would be forgotten
    with opened.connect() as connection:
        version = current_version(connection)
        assert load_network(connection, version) == a_network()
        ((made_with, state),) = load_states_made_with(connection)
        assert (made_with, state.report, state.matched.trip) == (version, a_state().report, a_state().matched.trip)
        assert [alert.header["en"] for alert in load_alerts(connection, SEVEN)] == ["Road closed"]
        rows = PROMISED.decode(load_ticket(connection, "K7M3").promised)
        assert [row["headsign"] for row in rows] == ["Ujung"]
    ingest = Ingest(opened, lambda: SEVEN)
    assert list(ingest.network.pipeline.states) == ["BUS1"]
    assert ingest.network.pipeline.step(a_drive(to_m=1900)[-1]).state.matched.trip == a_state().matched.trip
    opened.dispose()


def test_the_same_network_has_the_version_that_it_always_had(engine):
    with writing(engine) as connection:
        assert save_network(connection, a_network(), now=SEVEN, source="test") == "1a3166a681a56f50d6f080dd17205be2"
