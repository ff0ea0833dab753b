"""A bus that drives what a notice says does not run: read on /armada, and from doctor, which looks at the database alone."""

from __future__ import annotations

import pytest

from tests.builders import a_drive, a_trip_instance, at
from tests.web.pages.test_troubles_read import Control
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.operations.troubles import TroubleKind
from transit.store.alerts import save_alert
from transit.store.database import writing


@pytest.fixture
def control(tmp_path):
    made = Control(tmp_path)
    yield made
    made.engine.dispose()


def test_page_and_doctor_name_the_bus_the_run_and_the_notice(control):
    control.map("T1", "BUS1").plays(a_drive(to_m=1800))
    assert control.troubles() == {}
    run = InformedEntity(trip=a_trip_instance("T1"))
    cancelled = Alert("a1", {"id": "Tidak jalan"}, (run,), at(6), effect=Effect.NO_SERVICE)
    with writing(control.engine) as connection:
        save_alert(connection, cancelled)
    trouble = control.troubles()[TroubleKind.RUNS_IN_SPITE]
    assert (trouble.subject, trouble.figures) == ("BUS1", {"trip_id": "T1", "notice": "Tidak jalan"})
