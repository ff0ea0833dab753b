"""What was learnt is made anew from the stored calls, and says what it could not use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gps_ingest.operations.relearning import Relearnt, relearn_all
from tests.builders import SEVEN, a_drive, a_network
from transit.plan.network import TripInstance
from transit.store.database import migrate, open_database, writing
from transit.store.learnt import load_learnt, save_learnt
from transit.store.stop_events import load_stop_events, save_stop_events
from transit.tracking.pipeline import Pipeline


@pytest.fixture
def engine(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'facts.db'}")
    migrate(opened)
    yield opened
    opened.dispose()


def the_calls():
    pipeline = Pipeline(a_network())
    return [event for report in a_drive(to_m=3000) for event in pipeline.step(report).events]


def test_calls_of_trips_that_are_gone_are_read_and_not_used(engine):
    calls = the_calls()
    gone = replace(calls[0], trip=TripInstance("GONE", calls[0].trip.start_date))
    with writing(engine) as connection:
        save_stop_events(connection, [*calls, gone])
        save_learnt(connection, b"what was learnt before", 1, now=SEVEN)
    with engine.connect() as connection:
        last = load_stop_events(connection)[-1][0]
    assert relearn_all(engine, a_network(), SEVEN) == Relearnt(used=len(calls), read=len(calls) + 1, last_event_id=last)
    with engine.connect() as connection:
        blob, known_until = load_learnt(connection)
    assert (known_until, blob == b"what was learnt before") == (last, False)


def test_without_a_call_nothing_is_learnt(engine):
    assert relearn_all(engine, a_network(), SEVEN) == Relearnt(used=0, read=0, last_event_id=0)
