"""One trip of frequencies.txt with exact departures at some hours and only a headway at others: each hour as it is."""

from __future__ import annotations

from dataclasses import replace

from google.transit import gtfs_realtime_pb2 as pb

from tests.builders import a_drive, a_network, at, every
from tests.web.pages.test_kinds_of_feeds import text
from transit.plan.network import Frequency, Network, TripInstance
from transit.plan.runs import promised_headway_s

StopTimeUpdate = pb.TripUpdate.StopTimeUpdate
HALF_HOURS = Frequency("T1", 6 * 3600, 8 * 3600, 1800, 1)  # 6:00, 6:30, 7:00, 7:30
LATE = Frequency("T1", 20 * 3600, 21 * 3600, 1800, 1)  # 20:00, 20:30


def a_mixed_network(*more: Frequency) -> Network:
    """Exact until eight, then every ten minutes until ten."""
    network = a_network(headway=every(10))
    return replace(network, frequencies=(HALF_HOURS, replace(every(10), start_s=8 * 3600, end_s=10 * 3600), *more))


def rows(city, stop_id: str = "S0"):
    return [
        (row["status"], row["at"] and row["at"][11:16], row["headway_s"])
        for row in city.client().get(f"/api/v1/stops/{stop_id}/arrivals").json["arrivals"]
    ]


def test_at_exact_hours_the_departures_stand_with_their_times(city):
    city.load(a_mixed_network()).step(at(6, 40))
    assert rows(city)[:2] == [("scheduled", "07:00", None), ("scheduled", "07:30", None)]


def test_in_the_hours_of_a_headway_no_minute_is_promised(city):
    city.load(a_mixed_network()).step(at(8, 40))
    assert {row[1] for row in rows(city)} == {None}
    assert 600 in {row[2] for row in rows(city)}


def test_the_last_exact_departure_after_a_headway_is_the_last_of_the_day(city):
    city.load(a_mixed_network(LATE)).step(at(20, 10))
    assert "20.30 Jadwal, bus belum terlihat · bus terakhir hari ini" in text(city.client().get("/halte/S0").text)
    city.step(at(19, 50))
    assert text(city.client().get("/halte/S0").text).count("bus terakhir hari ini") == 1


def test_the_timetable_has_the_exact_departures_in_its_table_and_the_headway_beside_it(city):
    city.load(a_mixed_network()).step(at(7))
    page = text(city.client().get("/jadwal/R1?lang=id").text)
    assert "08.00–10.00: tiap ±10 mnt" in page
    assert "06.00–08.00:" not in page
    assert "Halte S0 06.00 06.30 07.00 07.30" in page


def test_a_run_has_the_headway_of_its_hour_or_none_where_its_start_is_exact():
    network = a_mixed_network(replace(every(20), start_s=10 * 3600, end_s=12 * 3600))
    day = at(7).date()
    headways = [promised_headway_s(network, TripInstance("T1", day, start_s)) for start_s in (25200, 29700, 36600, 50000, None)]
    assert headways == [None, 600.0, 1200.0, 1200.0, 600.0]


def updates(snapshot):
    feed = pb.FeedMessage.FromString(snapshot.feeds["trip_updates"])
    return [
        (
            entity.trip_update.trip.start_time,
            entity.trip_update.trip.schedule_relationship,
            {call.schedule_relationship for call in entity.trip_update.stop_time_update},
        )
        for entity in feed.entity
    ]


def test_a_bus_at_an_exact_departure_runs_by_the_timetable_and_one_by_headway_does_not(city):
    """The one of 7:00 is two minutes late; the one of 8:13 began in the hours of the headway."""
    city.load(a_mixed_network()).hear(a_drive(start=at(7, 2), to_m=1800))
    assert city.pipeline.states["BUS1"].matched.trip.start_s == 7 * 3600
    assert updates(city.step(at(7, 7, 5))) == [("07:00:00", pb.TripDescriptor.SCHEDULED, {StopTimeUpdate.SCHEDULED})]
    (row,) = [row for row in city.client().get("/api/v1/stops/S5/arrivals").json["arrivals"] if row["vehicle_id"]]
    assert row["planned_at"][11:16] == "07:06"
    city.hear(a_drive(start=at(8, 13), to_m=1800, vehicle_id="BUS2"))
    start_s = city.pipeline.states["BUS2"].matched.trip.start_s
    assert abs(start_s - (8 * 3600 + 13 * 60)) <= 60
    (update,) = updates(city.step(at(8, 18, 5)))
    assert update[1:] == (pb.TripDescriptor.UNSCHEDULED, {StopTimeUpdate.UNSCHEDULED})
    (row,) = [row for row in city.client().get("/api/v1/stops/S5/arrivals").json["arrivals"] if row["vehicle_id"]]
    assert row["planned_at"] is None
